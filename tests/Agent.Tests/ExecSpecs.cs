using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Further processes of running containers in a real guest: their life.</summary>
public sealed class ExecSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_run_a_command_and_tell_its_output_and_status()
    {
        var container = await RunningAsync();

        Assert.Equal((7, "out", "err"), await container.Exec("e", "sh", "-c", "echo out; echo err >&2; exit 7").RunAsync());

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_read_its_own_input()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "cat");
        await exec.StartAsync();

        Assert.Equal(6u, await exec.WriteAsync(0, "hello "u8.ToArray()));
        Assert.Equal(8u, await exec.WriteAsync(3, "lo world"u8.ToArray()));
        await exec.CloseInputAsync(11);

        Assert.Equal((0, "hello world", ""), await exec.EndAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_run_many_at_once_and_leave_nothing_in_the_guest()
    {
        var container = await RunningAsync();
        await container.Exec("first", "true").RunAsync();
        var before = await ProcessesAsync(container);

        for (var round = 0; round < 5; round++)
        {
            var codes = await Task.WhenAll(Enumerable.Range(0, 32).Select(async i => (await container.Exec($"e{i}", "sh", "-c", $"exit {i}").RunAsync()).Code));
            Assert.Equal(Enumerable.Range(0, 32), codes);
        }

        Assert.Equal(before, await ProcessesAsync(container));
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData(9, 137)]
    [InlineData(15, 143)]
    public async Task Should_leave_the_container_alone_when_a_signal_ends_it(int signal, int expected)
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sleep", "1000");
        await exec.StartAsync();

        await exec.SignalAsync(signal);

        Assert.Equal(expected, await exec.WaitAsync());
        Assert.Equal(expected, await exec.WaitAsync());
        Assert.Equal("process not running", (await FailsAsync(StatusCode.FailedPrecondition, () => exec.SignalAsync(signal))).Message);
        await container.SignalAsync(0);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_be_ended_by_a_signal_to_all_processes()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sleep", "1000");
        await exec.StartAsync();

        await container.SignalAllAsync(15);

        Assert.Equal(143, await exec.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_end_with_the_container()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sleep", "1000");
        await exec.StartAsync();

        await container.SignalAsync(9);

        Assert.Equal(137, await container.WaitAsync());
        Assert.Equal(137, await exec.WaitAsync());
        Assert.Equal("cannot exec in a stopped container", (await FailsAsync(StatusCode.FailedPrecondition, container.Exec("late", "true").StartAsync)).Message);
        await exec.StartAsync();
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData("nothere", "exec: \"nothere\": executable file not found in $PATH", 127)]
    [InlineData("/nothere", "exec: \"/nothere\": stat /nothere: no such file or directory", 127)]
    [InlineData("/etc/passwd", "exec: \"/etc/passwd\": permission denied", 126)]
    [InlineData("/etc", "exec: \"/etc\": permission denied", 126)]
    public async Task Should_fail_as_runc_does_when_there_is_no_such_program(string program, string expected, int code)
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", program);

        Assert.Equal(expected, (await FailsAsync(StatusCode.InvalidArgument, exec.StartAsync)).Message);

        Assert.Equal(code, await exec.WaitAsync());
        Assert.Equal(expected, await exec.StartFailureAsync());
        Assert.Equal(expected, (await FailsAsync(StatusCode.InvalidArgument, exec.StartAsync)).Message);
        await exec.RemoveAsync();
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_say_not_found_and_name_both_ids_when_the_process_is_unknown()
    {
        var container = await RunningAsync();
        var exec = container.Exec("unknown", "true");

        foreach (var call in new Func<Task>[] { exec.WaitAsync, () => exec.SignalAsync(0), () => exec.ReadAsync(0), () => exec.WriteAsync(0, [1]), () => exec.CloseInputAsync(0), exec.RemoveAsync })
        {
            Assert.Equal($"process \"unknown\" of container \"{container.Id}\" not found", (await FailsAsync(StatusCode.NotFound, call)).Message);
        }

        await container.RemoveAsync();
        await FailsAsync(StatusCode.NotFound, exec.StartAsync);
    }

    [Fact]
    public async Task Should_refuse_an_id_in_use_and_the_removal_of_the_first_process()
    {
        var container = await RunningAsync();
        await container.Exec("e", "true").StartAsync();

        await FailsAsync(StatusCode.AlreadyExists, container.Exec("e", "sleep", "1").StartAsync);
        await FailsAsync(StatusCode.AlreadyExists, container.Exec(container.Id, "true").StartAsync);
        await FailsAsync(StatusCode.InvalidArgument, container.Exec("", "true").StartAsync);
        await FailsAsync(StatusCode.InvalidArgument, container.Exec(container.Id, "true").RemoveAsync);
        await FailsAsync(StatusCode.InvalidArgument, container.Exec("", "true").RemoveAsync);

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_refuse_when_the_container_is_not_started()
    {
        var container = await guest.ContainerAsync("true");
        await container.CreateAsync();

        Assert.Equal("cannot exec in a created container", (await FailsAsync(StatusCode.FailedPrecondition, container.Exec("e", "true").StartAsync)).Message);

        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_run_once_when_the_call_is_repeated()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sh", "-c", "echo once; exit 3");
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => exec.StartAsync()));

        await exec.StartAsync();
        Assert.Equal((3, "once", ""), await exec.EndAsync());
        await exec.StartAsync();

        await exec.RemoveAsync();
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_be_ended_and_forgotten_when_it_is_removed()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sleep", "1000");
        await exec.StartAsync();

        await exec.RemoveAsync();

        await FailsAsync(StatusCode.NotFound, exec.WaitAsync);
        Assert.Equal("0", (await container.Exec("e", "sh", "-c", "ps | grep '[s]leep 1000' | grep -vc ' 1 '").RunAsync()).Output);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_be_freed_with_the_container()
    {
        var container = await RunningAsync();
        var exec = container.Exec("e", "sleep", "1000");
        await exec.StartAsync();
        var waiting = exec.WaitAsync();

        await container.RemoveAsync();

        Assert.Equal(137, await waiting);
        await FailsAsync(StatusCode.NotFound, exec.WaitAsync);
        Assert.Equal(0, (await (await RunningAsync()).Exec("e", "true").RunAsync()).Code);
    }

    [Fact]
    public async Task Should_end_with_its_container_when_the_pod_shares_the_pid_namespace()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var first = await SharingAsync(vm, "first", "sleep", "1111");
        var second = await SharingAsync(vm, "second", "sh", "-c", "sleep 2222 & read line");
        var exec = second.Exec("e", "sleep", "3333");
        var other = first.Exec("e", "sleep", "4444");
        await exec.StartAsync();
        await other.StartAsync();
        Assert.Equal("4", (await second.Exec("ps", "sh", "-c", "ps | grep -c 'sleep [1-4][1-4][1-4][1-4]$'").RunAsync()).Output);

        await second.CloseInputAsync(0);

        Assert.NotEqual(137, await second.WaitAsync());
        Assert.Equal(137, await exec.WaitAsync());
        await second.RemoveAsync();
        Assert.Equal("2", (await first.Exec("ps", "sh", "-c", "ps | grep -c 'sleep [1-4][1-4][1-4][1-4]$'").RunAsync()).Output);
        await other.SignalAsync(0);
        await first.RemoveAsync();
    }

    [Fact]
    public async Task Should_leave_nothing_when_many_run_at_once()
    {
        await using var vm = await GuestFixture.BootWithSandboxAsync();
        var container = new GuestContainer(vm, "busy", ["sleep", "1000"]);
        container.Spec.Mounts.Add(new Mount { Destination = "/guest", Type = "bind", Source = "/proc", Options = { "rbind", "ro" } });
        container.Spec.Process.Capabilities.Bounding.Add("CAP_SYS_PTRACE");
        container.Spec.Process.Capabilities.Permitted.Add("CAP_SYS_PTRACE");
        container.Spec.Process.Capabilities.Effective.Add("CAP_SYS_PTRACE");
        await container.BeginAsync();
        await RunAsync(container, "warm", 16);
        var before = await CountAsync(container);

        for (var batch = 0; batch < 3; batch++)
        {
            await RunAsync(container, $"{batch}", 16);
        }

        Assert.Equal(before, await CountAsync(container));
        await container.RemoveAsync();
    }

    // The agent's descriptors, the guest's processes that have a program, and the zombies.
    private static async Task<string> CountAsync(GuestContainer container)
    {
        var (code, output, error) = await container.Exec("count", "sh", "-c",
            "ls /guest/1/fd | wc -l; for p in /guest/[0-9]*; do readlink $p/exe; done | wc -l; grep -l 'State:.Z' /guest/[0-9]*/status | wc -l").RunAsync();
        Assert.Equal((0, "", "0"), (code, error, output.Split('\n')[2]));
        return output;
    }

    private static async Task RunAsync(GuestContainer container, string name, int count)
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, count).Select(number => container.Exec($"{name}-{number}", "echo", $"{number}").RunAsync()));
        Assert.Equal(Enumerable.Range(0, count).Select(number => (0, $"{number}", "")), runs);
    }

    private async Task<GuestContainer> RunningAsync() => await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();

    private static async Task<GuestContainer> SharingAsync(GuestVm vm, string id, params string[] command)
    {
        var container = new GuestContainer(vm, id, command);
        await vm.Agent.CreateContainerAsync(
            new CreateContainerRequest { ContainerId = container.Id, ExecId = container.Id, OCI = container.Spec, SandboxPidns = true }, GuestVm.CallTimeout, CancellationToken.None);
        await container.StartAsync();
        return container;
    }

    private static Task<TtrpcException> FailsAsync(StatusCode code, Func<Task> call) => ContainerLifecycleSpecs.FailsAsync(code, call);

    // Those that the container sees, its own listing included.
    private static async Task<int> ProcessesAsync(GuestContainer container)
    {
        var (code, output, _) = await container.Exec("ls", "sh", "-c", "ls -d /proc/[0-9]*").RunAsync();
        Assert.Equal(0, code);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}

using System.Text;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Containers in a real guest, from create to remove.</summary>
public sealed class ContainerLifecycleSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_deliver_output_and_exit_code_when_a_container_runs()
    {
        var container = await guest.ContainerAsync("sh", "-c", "echo out; echo err >&2; exit 3");

        var (code, output, error) = await container.RunAsync();

        Assert.Equal((3, "out", "err"), (code, output, error));
    }

    [Fact]
    public async Task Should_run_nothing_until_the_container_is_started()
    {
        var container = await guest.ContainerAsync("touch", "/started");
        await container.CreateAsync();
        Assert.False(File.Exists(Path.Combine(container.RootOnHost, "started")));

        await container.StartAsync();

        Assert.Equal(0, await container.WaitAsync());
        Assert.True(File.Exists(Path.Combine(container.RootOnHost, "started")));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_give_every_waiter_the_status_until_the_container_is_removed()
    {
        var container = await guest.ContainerAsync("sh", "-c", "read line; exit 7");
        await container.CreateAsync();
        await container.StartAsync();
        var waiters = Enumerable.Range(0, 5).Select(_ => container.WaitAsync()).ToArray();

        await container.CloseInputAsync(0);

        Assert.All(await Task.WhenAll(waiters), code => Assert.Equal(7, code));
        Assert.Equal(7, await container.WaitAsync());
        await container.RemoveAsync();
        await FailsAsync(StatusCode.NotFound, container.WaitAsync);
    }

    [Theory]
    [InlineData(9, "sleep 100", 137)]
    [InlineData(15, "trap 'exit 143' TERM; echo ready; while :; do sleep 0.1; done", 143)]
    public async Task Should_report_how_it_ended_when_a_signal_ends_it(int signal, string script, int expected)
    {
        var container = await guest.ContainerAsync("sh", "-c", $"echo ready; {script}");
        await container.CreateAsync();
        await container.StartAsync();
        await container.ReadUntilAsync(script.Contains("ready", StringComparison.Ordinal) ? "ready\nready\n" : "ready\n");

        await container.SignalAsync(signal);

        Assert.Equal(expected, await container.WaitAsync());
        await FailsAsync(StatusCode.FailedPrecondition, () => container.SignalAsync(signal));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_signal_every_process_when_no_process_is_named()
    {
        var container = await guest.ContainerAsync("sh", "-c", "trap '' USR1; (trap 'echo child; exit' USR1; echo ready; while :; do sleep 0.1; done) & while :; do sleep 0.1; done");
        await container.CreateAsync();
        await container.StartAsync();
        await container.ReadUntilAsync("ready\n");

        await container.SignalAllAsync(10);
        await container.ReadUntilAsync("ready\nchild\n");
        await container.SignalAllAsync(9);

        Assert.Equal(137, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData(15, 143)]
    [InlineData(9, 137)]
    public async Task Should_end_a_created_container_when_it_is_signalled(int signal, int expected)
    {
        var container = await guest.ContainerAsync("true");
        await container.CreateAsync();

        await container.SignalAsync(signal);

        Assert.Equal(expected, await container.WaitAsync());
        await FailsAsync(StatusCode.FailedPrecondition, container.StartAsync);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_send_nothing_when_the_signal_is_0_and_fail_when_there_is_no_process()
    {
        var container = await guest.ContainerAsync("sleep", "1000");
        await container.CreateAsync();
        await container.SignalAsync(0);
        await container.SignalAllAsync(0);
        await container.StartAsync();
        await container.SignalAsync(0);
        await container.SignalAsync(9);
        Assert.Equal(137, await container.WaitAsync());

        Assert.Equal("container not running", (await FailsAsync(StatusCode.FailedPrecondition, () => container.SignalAsync(0))).Message);

        await container.RemoveAsync();
    }

    [Theory]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(0)]
    public async Task Should_signal_all_that_is_left_when_the_first_process_has_ended(int signal)
    {
        var container = await guest.ContainerAsync("true");
        await container.CreateAsync();
        await container.StartAsync();
        Assert.Equal(0, await container.WaitAsync());

        await container.SignalAllAsync(signal);

        Assert.Equal(0, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_start_once_and_give_whoever_asks_again_the_outcome_of_that()
    {
        var container = await guest.ContainerAsync("sh", "-c", "echo started; read line");
        await container.CreateAsync();
        var none = await FailsAsync(StatusCode.FailedPrecondition, container.StartedAsync);
        Assert.Equal($"container \"{container.Id}\" is not started", none.Message);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => container.StartAsync()));

        await container.StartedAsync();
        await container.StartAsync();
        await container.CloseInputAsync(0);
        await container.WaitAsync();
        await container.StartAsync();

        Assert.Equal("started\n", System.Text.Encoding.UTF8.GetString(await container.ReadToEndAsync()));
        Assert.Equal("", await container.StartFailureAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_refuse_a_second_container_of_the_same_id_and_leave_the_first_alone()
    {
        var container = await guest.ContainerAsync("true");
        await container.CreateAsync();

        await FailsAsync(StatusCode.AlreadyExists, container.CreateAsync);

        await container.StartAsync();
        Assert.Equal(0, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_say_not_found_when_the_container_is_unknown()
    {
        var container = await guest.ContainerAsync("true");

        await FailsAsync(StatusCode.NotFound, container.StartAsync);
        await FailsAsync(StatusCode.NotFound, container.WaitAsync);
        await FailsAsync(StatusCode.NotFound, () => container.SignalAsync(15));
        await FailsAsync(StatusCode.NotFound, () => container.ReadAsync(0));
        await FailsAsync(StatusCode.NotFound, () => container.WriteAsync(0, [1]));
        await FailsAsync(StatusCode.NotFound, container.RemoveAsync);
    }

    [Theory]
    [InlineData("nothere", "exec: \"nothere\": executable file not found in $PATH")]
    [InlineData("/nothere", "exec: \"/nothere\": stat /nothere: no such file or directory")]
    [InlineData("/etc/passwd", "exec: \"/etc/passwd\": permission denied")]
    [InlineData("/etc", "exec: \"/etc\": permission denied")]
    public async Task Should_fail_the_start_as_runc_does_when_there_is_no_such_program(string program, string expected)
    {
        var container = await guest.ContainerAsync(program);
        await container.CreateAsync();

        var failure = await FailsAsync(StatusCode.InvalidArgument, container.StartAsync);

        Assert.Equal(expected, failure.Message);
        Assert.InRange(await container.WaitAsync(), 126, 127);
        Assert.Equal(expected, await container.StartFailureAsync());
        Assert.Equal(expected, (await FailsAsync(StatusCode.InvalidArgument, container.StartAsync)).Message);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_leave_the_id_free_when_creation_fails()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Mounts.Add(new Mount { Destination = "/data", Type = "bind", Source = "/nothere", Options = { "rbind" } });

        var failure = await FailsAsync(StatusCode.Internal, container.CreateAsync);
        Assert.Contains("\"/nothere\"", failure.Message, StringComparison.Ordinal);

        container.Spec.Mounts.RemoveAt(container.Spec.Mounts.Count - 1);
        Assert.Equal(0, (await container.RunAsync()).Code);
    }

    internal static async Task<TtrpcException> FailsAsync(StatusCode code, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<TtrpcException>(call);
        Assert.Equal((code, failure.Message), (failure.Code, failure.Message));
        return failure;
    }
}

using System.Text.Json.Nodes;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;
using Role = KataActors.Protocol.Control.CarriedDescriptor.Types.Role;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>create</c> as the daemon and the caller see it.</summary>
public class CreateSpecs
{
    [Fact]
    public async Task Should_hand_over_spec_and_descriptors_and_write_the_pid_file_last()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["mounts"]!.AsArray().Insert(0, JsonNode.Parse($$"""
            {"destination": "/data", "type": "bind", "source": "rootfs", "options": ["rbind", "ro"]}
            """)));
        await System.IO.File.WriteAllTextAsync(Path.Combine(fixture.Bundle, "rootfs", "hello"), "x");
        var seen = "";
        fixture.OnCreate = (_, call) =>
        {
            using var rootfs = call.TakeDescriptor(0);
            seen = $"{call.DescriptorCount} {System.IO.File.Exists($"/proc/self/fd/{rootfs.DangerousGetHandle()}/hello")} {System.IO.File.Exists(fixture.PidFile)}";
            return Task.CompletedTask;
        };
        var pid = await fixture.CreateAsync("c1");
        Assert.Equal("3 True False", seen);
        var request = fixture.Daemon!["c1"].Request;
        Assert.Equal(await System.IO.File.ReadAllBytesAsync(Path.Combine(fixture.Bundle, "config.json")), request.Spec.ToByteArray());
        Assert.Equal([(Role.Rootfs, 0u), (Role.BindSource, 0u), (Role.NetworkNamespace, 0u)], request.Descriptors.Select(carried => (carried.Role, carried.MountIndex)));
        Assert.Equal(fixture.Bundle, request.Bundle);
        Assert.Equal(new ProcessIdentity(pid, request.StandIn.StartTime), ProcessIdentity.TryRead(pid));
    }

    [Fact]
    public async Task Should_work_with_an_empty_environment_in_the_bundle_itself()
    {
        await using var fixture = new CliFixture();
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(["create", "c1"], directory: fixture.Bundle));
        Assert.Equal(fixture.Bundle, fixture.Daemon!["c1"].Request.Bundle);
    }

    [Fact]
    public async Task Should_leave_a_stand_in_that_holds_nothing_but_its_streams()
    {
        await using var fixture = new CliFixture();
        using var secret = System.IO.File.OpenHandle("/proc/self/stat");
        var pid = await fixture.CreateAsync("c1", null, null, null, secret);
        // It asks for the container's state and output when it has been released.
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<ReadOutputRequest>().Count() >= 2);
        var links = Directory.GetFiles($"/proc/{pid}/fd").Select(link => new FileInfo(link).LinkTarget ?? "gone").ToArray();
        Assert.DoesNotContain(links, link => link.Contains("/stat", StringComparison.Ordinal));
        // One pipe is the runtime's own, for signals.
        Assert.Single(links.Where(link => link.StartsWith("pipe:", StringComparison.Ordinal)).Distinct());
        Assert.Single(links, link => link == fixture.File("out1"));
        Assert.Equal("/", new FileInfo($"/proc/{pid}/cwd").LinkTarget);
        // Field 6 of /proc/PID/stat is the session.
        Assert.Equal(pid.ToString(), System.IO.File.ReadAllText($"/proc/{pid}/stat").Split(' ')[5]);
    }

    [Fact]
    public async Task Should_give_the_stand_in_no_stream_that_the_caller_has_closed()
    {
        await using var fixture = new CliFixture();
        var create = $"{fixture.Program} --address {fixture.Address} create --bundle {fixture.Bundle} --pid-file {fixture.PidFile} c1";
        await ChildScript.RunAsync($"exec {create} <&- >&- 2>&-");
        await Eventually.HoldsAsync(() => System.IO.File.Exists(fixture.PidFile));
        var pid = fixture.Read("pid");
        Assert.All(Enumerable.Range(0, 3), number => Assert.Equal("/dev/null", new FileInfo($"/proc/{pid}/fd/{number}").LinkTarget));
    }

    [Fact]
    public async Task Should_put_the_stand_in_into_a_network_namespace_of_its_own_when_the_spec_names_none()
    {
        await using var fixture = new CliFixture();

        var pid = await fixture.CreateAsync("c1");

        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, new FileInfo($"/proc/{pid}/ns/net").LinkTarget);
    }

    [Fact]
    public async Task Should_put_the_stand_in_into_the_network_namespace_that_the_spec_names()
    {
        await using var fixture = new CliFixture();
        using var holder = ChildScript.Start("exec unshare --net sleep 300");
        var own = new FileInfo("/proc/self/ns/net").LinkTarget;
        await Eventually.HoldsAsync(() => new FileInfo($"/proc/{holder.Pid}/ns/net").LinkTarget is { } link && link != own);
        fixture.WriteSpec(spec => spec["linux"]!["namespaces"]!.AsArray().Single(entry => (string?)entry!["type"] == "network")!["path"] = $"/proc/{holder.Pid}/ns/net");
        var pid = await fixture.CreateAsync("c1");
        Assert.Equal(new FileInfo($"/proc/{holder.Pid}/ns/net").LinkTarget, new FileInfo($"/proc/{pid}/ns/net").LinkTarget);
        Assert.Equal(Role.NetworkNamespace, fixture.Daemon!["c1"].Request.Descriptors[^1].Role);
    }

    [Fact]
    public async Task Should_leave_nothing_when_the_daemon_refuses()
    {
        await using var fixture = new CliFixture();
        var standIn = default(ProcessIdentity);
        fixture.OnCreate = (request, _) =>
        {
            standIn = new ProcessIdentity(request.StandIn.Pid, request.StandIn.StartTime);
            throw new TtrpcException(StatusCode.Unavailable, "hypervisor \"x\" died: no such machine");
        };
        var result = await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--pid-file", fixture.PidFile, "c1");
        Assert.Equal(new CommandResult(1, "", "kata-actors: hypervisor \"x\" died: no such machine\n"), result);
        Assert.False(standIn.IsAlive());
        Assert.False(System.IO.File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_leave_nothing_when_the_daemon_dies_meanwhile_and_none_can_be_started()
    {
        await using var fixture = new CliFixture();
        await fixture.InstallDaemonAsync("exit 7");
        var standIn = default(ProcessIdentity);
        fixture.OnCreate = (request, _) =>
        {
            standIn = new ProcessIdentity(request.StandIn.Pid, request.StandIn.StartTime);
            fixture.Daemon!.Crash();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        var result = await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--pid-file", fixture.PidFile, "c1");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"connection to \"{fixture.Address}\" lost", result.Errors);
        Assert.False(standIn.IsAlive());
        Assert.False(System.IO.File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_end_the_stand_in_when_the_command_is_killed()
    {
        await using var fixture = new CliFixture();
        var asked = new TaskCompletionSource<ProcessIdentity>();
        fixture.OnCreate = (request, call) =>
        {
            asked.SetResult(new ProcessIdentity(request.StandIn.Pid, request.StandIn.StartTime));
            return Task.Delay(Timeout.Infinite, call.Cancelled);
        };
        using var command = fixture.Start(["create", "--bundle", fixture.Bundle, "c1"]);
        var standIn = await asked.Task.WaitAsync(Deadline.Token);
        Assert.True(standIn.IsAlive());
        command.Signal(Signals.SIGKILL);
        await Eventually.HoldsAsync(() => !standIn.IsAlive());
    }

    [Fact]
    public async Task Should_undo_when_the_pid_file_cannot_be_written_in_the_end()
    {
        await using var fixture = new CliFixture();
        var folder = Directory.CreateDirectory(fixture.File("folder")).FullName;
        fixture.OnCreate = (_, _) =>
        {
            Directory.Delete(folder);
            return Task.CompletedTask;
        };
        var result = await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--pid-file", Path.Combine(folder, "pid"), "c1");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal($"kata-actors: pid-file \"{folder}/pid\": no such file or directory\n", result.Errors);
        Assert.True(fixture.Daemon!.Requests.OfType<DeleteRequest>().Single().Force);
        Assert.Throws<TtrpcException>(() => fixture.Daemon["c1"]);
    }

    [Fact]
    public async Task Should_warn_in_the_log_and_not_on_stderr_when_parts_of_the_spec_are_passed_over()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["linux"]!["mountLabel"] = "label");
        var result = await fixture.RunAsync("--log", fixture.File("log"), "create", "--bundle", fixture.Bundle, "c1");
        Assert.Equal(new CommandResult(0, "", ""), result);
        Assert.Contains("level=warning msg=\"container \\\"c1\\\": linux.mountLabel is not applied\"", fixture.Read("log"));
    }
}

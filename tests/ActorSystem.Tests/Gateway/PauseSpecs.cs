using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>Pauses of a container, and looks into it.</summary>
public sealed class PauseSpecs : GatewayTest
{
    private static readonly ContainerRef s_ref = new() { Root = "/r", Id = "c" };
    private static readonly ContainerKey s_key = new("/r", "c");

    [Fact]
    public async Task Should_pass_a_pause_and_its_end_on()
    {
        Manager.Answer = message => message is SandboxCommands.PauseContainer ? new SandboxCommands.Paused() : new SandboxCommands.Resumed();

        await CallAsync(control => control.PauseAsync(new PauseRequest { Container = s_ref }, Deadline.Span, Deadline.Token));
        await CallAsync(control => control.ResumeAsync(new ResumeRequest { Container = s_ref }, Deadline.Span, Deadline.Token));

        Assert.Equal(s_key, (await Manager.ReceiveAsync<SandboxCommands.PauseContainer>()).Key);
        Assert.Equal(s_key, (await Manager.ReceiveAsync<SandboxCommands.ResumeContainer>()).Key);
    }

    [Fact]
    public async Task Should_refuse_without_a_container()
    {
        Assert.Equal(StatusCode.InvalidArgument, (await FailAsync(control => control.PauseAsync(new PauseRequest(), Deadline.Span, Deadline.Token))).Code);
        Assert.Equal(StatusCode.InvalidArgument, (await FailAsync(control => control.StatsAsync(new StatsRequest(), Deadline.Span, Deadline.Token))).Code);
    }

    [Fact]
    public async Task Should_tell_the_processes_on_the_host_and_in_the_guest()
    {
        var inside = new ListProcessesResponse { Processes = { new GuestProcess { Pid = 1, Name = "sh" } }, LeftOut = 2, MemoryKib = 3 };
        Manager.Answer = message => new SandboxQueries.ContainerView(
            ContainerStatus.Running, [7, 8], ((SandboxQueries.ViewContainer)message).Inside == SandboxQueries.Inside.Processes ? inside : null);

        var outside = await CallAsync(control => control.ProcessesAsync(new ProcessesRequest { Container = s_ref }, Deadline.Span, Deadline.Token));
        var all = await CallAsync(control => control.ProcessesAsync(new ProcessesRequest { Container = s_ref, Inside = true }, Deadline.Span, Deadline.Token));

        Assert.Equal(new ProcessesResponse { Pids = { 7, 8 } }, outside);
        Assert.Equal(new ProcessesResponse { Pids = { 7, 8 }, Processes = { inside.Processes }, LeftOut = 2, MemoryKib = 3 }, all);
    }

    [Fact]
    public async Task Should_tell_the_statistics_as_far_as_there_are_any()
    {
        var stats = new CgroupStats { PidsStats = new PidsStats { Current = 4 } };
        Manager.Answer = _ => new SandboxQueries.ContainerView(ContainerStatus.Paused, [7], new StatsContainerResponse { CgroupStats = stats });
        Assert.Equal(new StatsResponse { Status = "paused", Stats = stats }, await StatsAsync());

        Manager.Answer = _ => new SandboxQueries.ContainerView(ContainerStatus.Stopped, [], null);
        Assert.Equal(new StatsResponse { Status = "stopped" }, await StatsAsync());
    }

    private Task<StatsResponse> StatsAsync() => CallAsync(control => control.StatsAsync(new StatsRequest { Container = s_ref }, Deadline.Span, Deadline.Token));
}

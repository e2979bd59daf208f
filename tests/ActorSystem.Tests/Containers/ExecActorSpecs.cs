using Akka.Actor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Containers.ContainerProtocol;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The actor of a process that was added to the container.</summary>
public sealed class ExecActorSpecs : ContainerTest
{
    [Fact]
    public async Task Should_await_the_process_by_its_own_id_and_report_its_end()
    {
        Start("e");

        await EndAsync(3);

        Assert.Equal(new ProcessExited("c", "e", 3, ""), await Parent.ExpectMsgAsync<ProcessExited>(Deadline.Span));
    }

    [Fact]
    public async Task Should_move_its_own_streams()
    {
        var actor = Start("e");
        await RequestedAsync<WaitProcessRequest>();

        actor.Tell(new SandboxQueries.ReadOutput(Key, Stderr: true, 5, 10, TimeSpan.Zero) { Process = "e" }, TestActor);
        actor.Tell(new SandboxCommands.CloseInput(Key, 7) { Process = "e" }, TestActor);
        actor.Tell(new SandboxCommands.ResizeTerminal(Key, 40, 100) { Process = "e" }, TestActor);

        Assert.Equal(new AgentProtocol.ReadStream("guest-c", "e", true, 5, 10, TimeSpan.Zero), await Agent.ExpectMsgAsync<AgentProtocol.ReadStream>(Deadline.Span));
        Assert.Equal(new AgentProtocol.CloseStream("guest-c", "e", 7), await Agent.ExpectMsgAsync<AgentProtocol.CloseStream>(Deadline.Span));
        Assert.Equal(new AgentProtocol.ResizeTerminal("guest-c", "e", 40, 100), await Agent.ExpectMsgAsync<AgentProtocol.ResizeTerminal>(Deadline.Span));
    }

    [Fact]
    public async Task Should_kill_only_itself_when_its_stand_in_dies_and_report_that_after_its_own_end()
    {
        Start("e");
        var (_, wait) = await RequestedAsync<WaitProcessRequest>();

        StandIn.Dispose();

        var (kill, _) = await RequestedAsync<SignalProcessRequest>();
        Assert.Equal(("guest-c", "e", (uint)Signals.SIGKILL), (kill.ContainerId, kill.ExecId, kill.Signal));
        Agent.Reply(new AgentProtocol.Invoked(wait, new WaitProcessResponse { Status = 137 }));
        Assert.Equal(new ProcessExited("c", "e", 137, ""), await Parent.ExpectMsgAsync<object>(Deadline.Span));
        Assert.Equal(new StandInExited("c", "e"), await Parent.ExpectMsgAsync<object>(Deadline.Span));
    }

    [Fact]
    public async Task Should_report_the_end_of_its_stand_in_when_the_vm_has_ended()
    {
        var actor = Start("e");
        await RequestedAsync<WaitProcessRequest>();

        actor.Tell(new VmEnded());
        StandIn.Dispose();

        Assert.Equal(new StandInExited("c", "e"), await Parent.ExpectMsgAsync<object>(Deadline.Span));
    }

    [Fact]
    public async Task Should_not_await_a_process_that_has_ended_before()
    {
        Start("e", hasEnded: true);

        StandIn.Dispose();

        Assert.Equal(new StandInExited("c", "e"), await Parent.ExpectMsgAsync<object>(Deadline.Span));
        await Agent.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private async Task EndAsync(int status)
    {
        var (request, wait) = await RequestedAsync<WaitProcessRequest>();
        Assert.Equal(("guest-c", "e"), (request.ContainerId, request.ExecId));
        Agent.Reply(new AgentProtocol.Invoked(wait, new WaitProcessResponse { Status = status }));
    }
}

using Akka.Actor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Containers.ContainerProtocol;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The actor of a process whose stand-in has a terminal.</summary>
public sealed class TerminalSpecs : ContainerTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_give_the_guests_terminal_the_callers_size_before_the_start(bool fails)
    {
        using var standIn = new ProgramAtTerminal("sleep", "1000");
        standIn.Start();
        await Eventually.HoldsAsync(() => ControllingTerminal.TryReadSize(standIn.Pid) is not null);
        var actor = Start("", standIn: ProcessIdentity.TryRead(standIn.Pid));
        await RequestedAsync<WaitProcessRequest>();

        actor.Tell(new Start(), TestActor);

        var (request, size) = await RequestedAsync<TtyWinResizeRequest>();
        Assert.Equal(("guest-c", "guest-c", 40u, 100u), (request.ContainerId, request.ExecId, request.Row, request.Column));
        Agent.Reply(fails ? new AgentProtocol.InvokeFailed(size, new Failure(FailureCode.FailedPrecondition, "no")) : new AgentProtocol.Invoked(size, request));
        var (_, start) = await RequestedAsync<StartContainerRequest>();
        Agent.Reply(new AgentProtocol.Invoked(start, request));
        await ExpectMsgAsync<ProcessStarted>(Deadline.Span);
    }

    [Fact]
    public void Should_find_no_size_where_there_is_no_terminal_or_no_process()
    {
        Assert.Null(ControllingTerminal.TryReadSize(StandIn.Pid));
        Assert.Null(ControllingTerminal.TryReadSize(int.MaxValue));
    }
}

using Google.Protobuf.WellKnownTypes;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The start of a container, as decided by the core.</summary>
public sealed class StartContainerSpecs
{
    private const string Question = "Invoke StartContainerRequest";

    private static readonly SandboxCommands.Started s_started = new();
    private static readonly ContainerProtocol.StartFailed s_unanswered = new(new Failure(FailureCode.Unavailable, "the connection was lost"));
    private static readonly Failure s_lost = new(FailureCode.Unavailable, "cannot start container \"c\": the connection was lost");
    private static readonly AgentProtocol.Invoked s_runs = new(null, new Empty());
    private static readonly AgentProtocol.InvokeFailed s_runsNot = new(null, new Failure(FailureCode.FailedPrecondition, "it is not started"));
    private static readonly AgentProtocol.InvokeFailed s_silent = new(null, new Failure(FailureCode.DeadlineExceeded, "no answer"));
    private static readonly ContainerProtocol.StartFailed s_failed = new(new Failure(FailureCode.NotFound, "exec: \"x\": not found"));
    private static readonly Failure s_failure = new(FailureCode.NotFound, "cannot start container \"c\": exec: \"x\": not found");
    private readonly Decider _core = new("s");
    private int _requests;

    public StartContainerSpecs()
    {
        _core.BeginCreation("c");
        _core.Record(new ContainerCreated { Id = "c" });
    }

    private ContainerRecord Container => _core.State.Record.Containers["c"];

    [Fact]
    public void Should_record_the_intent_before_the_call_and_the_start_before_its_reply()
    {
        var asked = Start();
        Assert.Equal(["Start c"], asked.EffectNames);
        Assert.Equal([typeof(ContainerStartBegun)], asked.EventTypes);

        var end = _core.Reply(asked, "Start c", new ContainerProtocol.ProcessStarted());

        Assert.Equal([typeof(ContainerStarted)], end.EventTypes);
        Assert.Equal([s_started], end.Replies);
        Assert.Empty(_core.State.Operations);
        Assert.False(Container.StartIntent);
    }

    [Fact]
    public void Should_record_the_start_of_a_process_that_ends_at_once_before_its_end()
    {
        var asked = Start();
        Assert.Empty(_core.On(new ProcessEnded("c", 3, "")).Events);

        var end = _core.Reply(asked, "Start c", new ContainerProtocol.ProcessStarted());

        Assert.Equal([typeof(ContainerStarted), typeof(ContainerExited)], end.EventTypes);
        Assert.Equal(ContainerStatus.Stopped, _core.State.Record.Containers["c"].Status);
    }

    [Fact]
    public void Should_await_the_end_of_the_stand_in_when_the_start_fails()
    {
        var resting = _core.Reply(Start(), "Start c", s_failed);
        Assert.Equal(["Pause"], resting.EffectNames);
        Assert.Equal([typeof(ContainerStartFailed)], resting.EventTypes);
        Assert.Empty(resting.Replies);

        Assert.Equal([s_failure], _core.StandInsGone("c").Replies);
    }

    [Fact]
    public void Should_not_await_the_stand_in_for_ever()
    {
        var resting = _core.Reply(Start(), "Start c", s_failed);

        Assert.Equal([s_failure], _core.Pass(resting, "Pause").Replies);
    }

    [Fact]
    public void Should_record_the_end_of_a_process_whose_start_has_failed()
    {
        _core.Reply(Start(), "Start c", s_failed);

        Assert.Equal([typeof(ContainerExited)], _core.On(new ProcessEnded("c", 1, "")).EventTypes);
    }

    [Theory]
    [InlineData("nobody", FailureCode.NotFound, "container \"nobody\" does not exist")]
    [InlineData("s", FailureCode.FailedPrecondition, "cannot start container \"s\": it is running, not created")]
    [InlineData("c", FailureCode.FailedPrecondition, "cannot start container \"c\": it is being started, not created")]
    public void Should_refuse_a_container_that_does_not_wait_for_its_start(string id, FailureCode code, string message)
    {
        Start();

        var refused = Start(id);

        Assert.Empty(refused.Effects);
        Assert.Equal([new Failure(code, message)], refused.Replies);
    }

    [Fact]
    public void Should_say_why_a_container_that_cannot_be_started_any_more_has_ended()
    {
        _core.On(new ProcessEnded("c", 127, "exec: \"x\": no such file"));

        Assert.Equal(
            [new Failure(FailureCode.FailedPrecondition, "cannot start container \"c\": it is stopped, not created: exec: \"x\": no such file")],
            Start().Replies);
    }

    [Fact]
    public void Should_fail_with_the_vm()
    {
        _core.Reply(Start(), "Start c", s_unanswered);
        _core.Record(new VmStopped { Reason = "QEMU was killed" });
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot start container \"c\": QEMU was killed")], _core.On(new Changed()).Replies);
    }

    [Fact]
    public void Should_ask_after_a_lost_answer_whether_the_process_runs()
    {
        var asked = Unanswered();
        Assert.Equal([s_lost], asked.Replies);
        Assert.Equal([Question], asked.EffectNames);
        Assert.True(Assert.IsType<StartContainerRequest>(
            Assert.IsType<AgentProtocol.Invoke>(Assert.IsType<AwaitedEffect.Ask>(Assert.Single(asked.Effects)).Command).Request).IfBegun);

        Assert.Equal([typeof(ContainerStarted)], _core.Reply(asked, Question, s_runs).EventTypes);

        Assert.Equal(ContainerStatus.Running, Container.Status);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_ask_until_the_guest_answers()
    {
        var resting = _core.Reply(Unanswered(), Question, s_silent);
        Assert.Equal(["Pause"], resting.EffectNames);
        Assert.Empty(resting.Events);

        var asked = _core.On(new AgentReturned());
        Assert.Equal([Question], asked.EffectNames);
        Assert.Empty(_core.Pass(resting, "Pause").Effects);

        Assert.Equal([typeof(ContainerStartFailed)], _core.Reply(asked, Question, s_runsNot).EventTypes);
        Assert.Equal(ContainerStatus.Created, Container.Status);
        Assert.DoesNotContain(_core.State.Operations.Values, operation => operation is StartContainer);
    }

    [Fact]
    public void Should_repeat_the_call_for_its_requester_when_the_agent_returns_soon()
    {
        _core.Reply(Start(), "Start c", s_unanswered);

        var again = _core.On(new AgentReturned());
        Assert.Equal(["Start c"], again.EffectNames);
        Assert.Empty(again.Replies);

        Assert.Equal([s_started], _core.Reply(again, "Start c", new ContainerProtocol.ProcessStarted()).Replies);
    }

    [Fact]
    public void Should_settle_a_start_whose_actor_has_failed()
    {
        var resting = _core.Reply(Start(), "Start c", new ResourceLost("container"));

        var asked = _core.Pass(resting, "Pause");

        Assert.Equal([new Failure(FailureCode.Internal, "cannot start container \"c\": the container actor failed meanwhile")], asked.Replies);
        Assert.Equal([Question], asked.EffectNames);
    }

    [Fact]
    public void Should_settle_what_a_crash_has_interrupted_and_start_it_for_who_asks_again()
    {
        _core.Record(new ContainerStartBegun { Id = "c" });

        var asked = _core.On(new AgentReturned());
        Assert.Equal([Question], asked.EffectNames);
        Assert.Empty(asked.Events);
        Assert.Empty(Start().EffectNames);

        var started = _core.Reply(asked, Question, s_runsNot);
        Assert.Equal(["Start c"], started.EffectNames);
        Assert.Equal([s_started], _core.Reply(started, "Start c", new ContainerProtocol.ProcessStarted()).Replies);
    }

    [Fact]
    public void Should_start_at_once_for_who_asks_again_while_the_guest_is_silent()
    {
        _core.Reply(Unanswered(), Question, s_silent);

        Assert.Equal(["Start c"], Start().EffectNames);
    }

    [Fact]
    public void Should_need_no_answer_when_the_process_has_ended()
    {
        _core.Reply(Unanswered(), Question, s_silent);

        Assert.Equal([typeof(ContainerExited)], _core.On(new ProcessEnded("c", 3, "")).EventTypes);

        Assert.DoesNotContain(_core.State.Operations.Values, operation => operation is StartContainer);
        Assert.False(Container.StartIntent);
    }

    private Decision Start(string id = "c") => _core.On(new Start(id, new WaitingRequester(new RequesterId(++_requests), s_started)));

    // The requester has got its failure.
    private Decision Unanswered() => _core.Pass(_core.Reply(Start(), "Start c", s_unanswered), "Pause");
}

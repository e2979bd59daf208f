using KataActors.Model.Journal;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The start of a container, as decided by the core.</summary>
public sealed class StartContainerSpecs
{
    private static readonly SandboxCommands.Started s_started = new();
    private static readonly ContainerProtocol.StartFailed s_failed = new(new Failure(FailureCode.NotFound, "exec: \"x\": not found"));
    private static readonly Failure s_failure = new(FailureCode.NotFound, "cannot start container \"c\": exec: \"x\": not found");
    private readonly Decider _core = new("s");

    public StartContainerSpecs()
    {
        _core.BeginCreation("c");
        _core.Record(new ContainerCreated { Id = "c" });
    }

    [Fact]
    public void Should_record_the_start_before_its_reply()
    {
        var asked = Start();
        Assert.Equal(["Start c"], asked.EffectNames);
        Assert.Empty(asked.Events);

        var end = _core.Reply(asked, "Start c", new ContainerProtocol.ProcessStarted());

        Assert.Equal([typeof(ContainerStarted)], end.EventTypes);
        Assert.Equal([s_started], end.Replies);
        Assert.Empty(_core.State.Operations);
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
    public void Should_fail_with_the_actor_that_was_asked_or_with_the_vm()
    {
        Assert.Equal(
            [new Failure(FailureCode.Internal, "cannot start container \"c\": the agent actor failed meanwhile")],
            _core.Reply(Start(), "Start c", new ResourceLost("agent")).Replies);

        Start();
        _core.Record(new VmStopped { Reason = "QEMU was killed" });
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot start container \"c\": QEMU was killed")], _core.On(new Changed()).Replies);
    }

    private Decision Start(string id = "c") => _core.On(new Start(id, new WaitingRequester(new RequesterId(1), s_started)));
}

using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The undo of a container's creation, as decided by the core.</summary>
public sealed class UndoContainerSpecs
{
    private static readonly Failure s_failure = new(FailureCode.Internal, "cannot create container \"x\": no");
    private static readonly AgentProtocol.Invoked s_removed = new(null, new Google.Protobuf.WellKnownTypes.Empty());
    private readonly Decider _core = new("s");

    public UndoContainerSpecs() => _core.BeginCreation("x");

    [Fact]
    public void Should_record_the_failure_and_tell_it_only_when_guest_and_share_are_clean()
    {
        var undo = Undo();
        Assert.Equal([typeof(ContainerDeleteBegun)], undo.EventTypes);
        Assert.Equal(["Invoke RemoveContainerRequest", "Pause"], undo.EffectNames);

        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", s_removed);
        Assert.Equal(["Detach"], detach.EffectNames);
        Assert.Empty(detach.Events);

        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("x"));
        Assert.Equal([typeof(ContainerCreateFailed)], end.EventTypes);
        Assert.Equal([s_failure], end.Step.Replies.Select(reply => reply.Reply));
    }

    [Fact]
    public void Should_tell_the_requester_and_go_on_trying_when_the_agent_does_not_answer()
    {
        _core.Outside = _core.Outside with { AgentConnected = false };

        var undo = Undo();
        Assert.Equal(["Detach"], undo.EffectNames);
        var resting = _core.Reply(undo, "Detach", new StorageProtocol.Detached("x"));

        Assert.Equal([s_failure], resting.Step.Replies.Select(reply => reply.Reply));
        Assert.Empty(resting.Events);
        _core.Outside = _core.Outside with { AgentConnected = true };
        Assert.Equal(["Invoke RemoveContainerRequest", "Pause"], _core.Pass(resting, "Pause").EffectNames);
    }

    [Fact]
    public void Should_have_nothing_to_undo_in_a_vm_that_has_ended()
    {
        _core.Record(new VmStopped { Reason = "killed" });

        Assert.Equal([typeof(ContainerDeleteBegun), typeof(ContainerCreateFailed)], Undo().EventTypes);
    }

    [Fact]
    public void Should_take_the_requester_of_a_delete_along()
    {
        var undo = Undo();
        Assert.Empty(_core.Remove("x").Effects);

        var end = _core.Reply(_core.Reply(undo, "Invoke RemoveContainerRequest", s_removed), "Detach", new StorageProtocol.Detached("x"));

        Assert.Equal([s_failure, new SandboxCommands.Deleted()], end.Step.Replies.Select(reply => reply.Reply));
    }

    [Fact]
    public void Should_undo_a_creation_once()
    {
        Undo();

        Assert.Empty(Undo().Effects);
    }

    private Decision Undo() => _core.On(new UndoCreation("x", s_failure.Message, new WaitingRequester(new RequesterId(1), s_failure)));
}

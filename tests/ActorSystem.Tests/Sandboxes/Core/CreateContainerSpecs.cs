using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The creation of a container that joins a sandbox, as decided by the core.</summary>
public sealed class CreateContainerSpecs
{
    private static readonly Google.Protobuf.WellKnownTypes.Empty s_empty = new();
    private static readonly SandboxCommands.Created s_created = new();
    private readonly Decider _core = new("s");

    public CreateContainerSpecs() => _core.On(new VcpusSeen([5]));

    [Fact]
    public void Should_record_the_intent_begin_all_that_can_begin_and_reply_after_the_fact()
    {
        var begun = Create();
        Assert.Equal([typeof(ContainerCreateBegun)], begun.EventTypes);
        Assert.Equal(["StepEnded", "Pause", "StepBegan", "Attach", "StepBegan"], begun.EffectNames);
        Assert.Equal(["Pause", "Apply"], begun.RoundNames);

        var call = _core.Reply(begun, "Attach", new StorageProtocol.Attached("c"));
        Assert.Contains("Invoke CreateContainerRequest", call.EffectNames);
        Assert.Empty(_core.Reply(call, "Invoke CreateContainerRequest", new AgentProtocol.Invoked(null, s_empty)).Replies);
        var guest = _core.Reply(begun, "Apply", new CgroupProtocol.Applied(["/cg"], null, [5]));

        var end = _core.Reply(guest, "Invoke OnlineCPUMemRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Equal([typeof(ContainerCreated)], end.EventTypes);
        Assert.Equal([s_created], end.Replies);
        Assert.Equal(ContainerStatus.Created, _core.State.Record.Containers["c"].Status);
    }

    [Fact]
    public void Should_undo_before_the_requester_hears_of_a_failure()
    {
        var undo = _core.Reply(Create(), "Attach", new StorageProtocol.StorageFailed("c", new Failure(FailureCode.Internal, "no space")));
        Assert.Empty(undo.Replies);
        Assert.Contains("Invoke RemoveContainerRequest", undo.EffectNames);

        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", new AgentProtocol.Invoked(null, s_empty));
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));

        Assert.Equal([typeof(ContainerCreateFailed)], end.EventTypes);
        Assert.Equal([new Failure(FailureCode.Internal, "cannot create container \"c\": no space")], end.Replies);
    }

    // The guest could carry out the call after the undo.
    [Fact]
    public void Should_await_the_call_to_the_guest_before_the_undo()
    {
        var begun = Create();
        var call = _core.Reply(begun, "Attach", new StorageProtocol.Attached("c"));
        var failed = _core.Pass(begun, "Pause");
        Assert.Equal(["ReleaseMounts"], failed.EffectNames);
        Assert.Empty(_core.On(Delete(force: true)).EffectNames);

        var undo = _core.Reply(call, "Invoke CreateContainerRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Contains("Invoke RemoveContainerRequest", undo.EffectNames);
        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", new AgentProtocol.Invoked(null, s_empty));
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));
        Assert.Equal(
            [new Failure(FailureCode.DeadlineExceeded, "cannot create container \"c\": it was not done within 2 s"), new SandboxCommands.Deleted()],
            end.Replies);
    }

    // The stages of the removal have passed by then: its stand-in would be left.
    [Fact]
    public void Should_not_be_created_in_a_guest_that_its_sandbox_takes_leave_of()
    {
        var begun = Create();
        var limited = _core.Reply(begun, "Apply", new CgroupProtocol.Applied(["/cg"], null, [5]));
        _core.Reply(limited, "Invoke OnlineCPUMemRequest", new AgentProtocol.Invoked(null, s_empty));
        var call = _core.Reply(begun, "Attach", new StorageProtocol.Attached("c"));

        var removal = _core.Remove("s", whole: true);
        var undo = _core.Reply(call, "Invoke CreateContainerRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Empty(removal.Replies);
        Assert.DoesNotContain(typeof(ContainerCreated), undo.EventTypes);
        Assert.Contains("Invoke RemoveContainerRequest", undo.EffectNames);
        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", new AgentProtocol.Invoked(null, s_empty));
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot create container \"c\": its sandbox is being removed")], end.Replies);
    }

    [Fact]
    public void Should_refuse_an_id_that_is_in_use_and_a_sandbox_that_has_ended()
    {
        Create();
        Assert.Equal([new Failure(FailureCode.AlreadyExists, "container id \"c\" is already in use")], Create().Replies);

        _core.Record(new VmStopped { Reason = "QEMU was killed" });
        var refused = Create("d");
        Assert.Equal([new Failure(FailureCode.FailedPrecondition, "cannot create container \"d\": sandbox \"s\" is stopped")], refused.Replies);
        Assert.Contains("FreeId", refused.EffectNames);
    }

    [Fact]
    public void Should_refuse_to_delete_a_container_that_is_being_created_unless_forced()
    {
        Create();

        Assert.Equal(
            [new Failure(FailureCode.FailedPrecondition, "cannot delete container \"c\" that is not stopped: creating")], _core.On(Delete(force: false)).Replies);
        Assert.Contains("Invoke RemoveContainerRequest", _core.On(Delete(force: true)).EffectNames);
    }

    private static Delete Delete(bool force) => new("c", force, new WaitingRequester(new RequesterId(2), new SandboxCommands.Deleted()));

    private Decision Create(string id = "c") => _core.Create(id, Specs.Joining("s", -1, 100_000));
}

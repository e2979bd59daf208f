using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A creation whose caller runs hooks, as decided by the core.</summary>
public sealed class CreationHooksSpecs
{
    private static readonly AgentProtocol.Invoked s_done = new(null, new Empty());
    private static readonly Failure s_noSpace = new(FailureCode.Internal, "no space");
    private readonly Decider _core = new("s");

    public CreationHooksSpecs() => _core.On(new VcpusSeen([5]));

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Should_say_that_hooks_are_due_and_await_them_before_the_container_in_the_guest(string stage)
    {
        var begun = Create(stage);
        Assert.Equal([typeof(ContainerCreateBegun)], begun.EventTypes);
        Assert.Equal([new SandboxCommands.Created { HooksDue = true }], begun.Replies);
        Assert.DoesNotContain("Invoke CreateContainerRequest", _core.Reply(begun, "Attach", new StorageProtocol.Attached("c")).EffectNames);

        var call = Ran();
        Assert.Empty(call.Replies);
        Limit(begun);
        var end = _core.Reply(call, "Invoke CreateContainerRequest", s_done);

        Assert.Equal([typeof(ContainerCreated)], end.EventTypes);
        Assert.Equal([(1, new SandboxCommands.Created()), (2, (object)new SandboxCommands.Finished(true))], end.Step.Replies.Select(reply => (reply.To.Number, reply.Reply)));
    }

    [Theory]
    [InlineData("startContainer")]
    [InlineData("poststart")]
    [InlineData("poststop")]
    public void Should_not_wait_for_the_hooks_of_later_stages(string stage)
    {
        var begun = Create(stage);
        Assert.Empty(begun.Replies);
        Assert.Contains("Invoke CreateContainerRequest", _core.Reply(begun, "Attach", new StorageProtocol.Attached("c")).EffectNames);
    }

    [Fact]
    public void Should_report_a_failure_when_the_hooks_have_ended_and_undo_it_then()
    {
        var failed = _core.Reply(Create(), "Attach", new StorageProtocol.StorageFailed("c", s_noSpace));
        Assert.Empty(failed.Replies);
        Assert.DoesNotContain("Invoke RemoveContainerRequest", failed.EffectNames);

        var undo = Ran();

        Assert.Contains("Invoke RemoveContainerRequest", undo.EffectNames);
        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", s_done);
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));
        Assert.Equal([typeof(ContainerCreateFailed)], end.EventTypes);
        var expected = s_noSpace with { Message = "cannot create container \"c\": no space" };
        Assert.Equal([(1, expected), (2, expected)], end.Step.Replies.Select(reply => (reply.To.Number, (Failure)reply.Reply)));
    }

    [Fact]
    public void Should_undo_at_once_what_a_failed_hook_deletes()
    {
        Create();
        var undo = _core.On(new Delete("c", Force: true, new WaitingRequester(new RequesterId(3), new SandboxCommands.Deleted())));

        Assert.Contains("Invoke RemoveContainerRequest", undo.EffectNames);
        Assert.Equal([new SandboxCommands.Finished(false)], Ran().Replies);
        var detach = _core.Reply(undo, "Invoke RemoveContainerRequest", s_done);
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));
        Assert.Contains(new SandboxCommands.Deleted(), end.Replies);
        Assert.DoesNotContain("c", _core.State.Record.Containers.Keys);
    }

    [Fact]
    public void Should_undo_at_once_after_a_failure_when_it_is_deleted()
    {
        _core.Reply(Create(), "Attach", new StorageProtocol.StorageFailed("c", s_noSpace));
        Assert.Contains(
            "Invoke RemoveContainerRequest",
            _core.On(new Delete("c", Force: true, new WaitingRequester(new RequesterId(3), new SandboxCommands.Deleted()))).EffectNames);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Should_undo_when_the_stand_in_has_ended_with_its_command(bool hasFailed)
    {
        var begun = Create();
        var first = _core.On(new Overdue(LookOf(begun)));
        var later = _core.Reply(first, "SeekStandIn", new StandInSeen(true));
        if (hasFailed)
        {
            _core.Reply(begun, "Attach", new StorageProtocol.StorageFailed("c", s_noSpace));
        }

        var second = _core.On(new Overdue(LookOf(later)));
        Assert.Equal(["SeekStandIn"], second.EffectNames);
        Assert.Contains("Invoke RemoveContainerRequest", _core.Reply(second, "SeekStandIn", new StandInSeen(false)).EffectNames);
    }

    [Fact]
    public void Should_undo_when_the_deadline_with_the_time_of_the_hooks_passes()
    {
        var begun = Create();
        var timer = begun.Effects.OfType<AwaitedEffect.Pause>().MaxBy(pause => pause.Deadline)!;

        Assert.Equal(TimeSpan.FromSeconds(7 + 2), timer.Deadline);
        Assert.Contains("Invoke RemoveContainerRequest", _core.On(new Overdue(timer.Id)).EffectNames);
    }

    [Fact]
    public void Should_not_hold_up_the_removal_of_its_sandbox()
    {
        _core.Reply(Create(), "Attach", new StorageProtocol.StorageFailed("c", s_noSpace));
        _core.Remove("s", whole: true);
        Assert.DoesNotContain(_core.State.Operations.Values, operation => operation is CreateContainer);
    }

    [Fact]
    public void Should_know_only_the_creation_of_the_same_request()
    {
        Create();
        Assert.Equal([new SandboxCommands.Finished(false)], Ran("c", [1]).Replies);
        Assert.Equal([new SandboxCommands.Finished(false)], Ran("d").Replies);
        Assert.Empty(Ran().Replies);
        Assert.Equal([new SandboxCommands.Finished(false)], Ran().Replies);
    }

    private static EffectId LookOf(Decision decision) => decision.Effects.OfType<AwaitedEffect.Pause>().First(pause => pause.Deadline == TimeSpan.FromSeconds(1)).Id;

    private Decision Ran(string id = "c", byte[]? request = null) =>
        _core.On(new HooksRan(id, ByteString.CopyFrom(request ?? []), new WaitingRequester(new RequesterId(2), new SandboxCommands.Finished(true))));

    private void Limit(Decision begun)
    {
        var guest = _core.Reply(begun, "Apply", new CgroupProtocol.Applied(["/cg"], null, [5]));
        _core.Reply(guest, "Invoke OnlineCPUMemRequest", s_done);
    }

    private Decision Create(string stage = "prestart") => _core.Create("c", spec =>
    {
        Specs.Joining("s", -1, 100_000)(spec);
        spec["hooks"] = new JsonObject { [stage] = JsonNode.Parse("""[{"path": "/a", "timeout": 3}, {"path": "/b", "timeout": 4}]""") };
    });
}

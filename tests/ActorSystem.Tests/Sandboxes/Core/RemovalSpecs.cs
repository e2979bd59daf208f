using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Removals as decided by the core: no actors, no clock.</summary>
public sealed class RemovalSpecs
{
    private static readonly SandboxCommands.Deleted s_deleted = new();
    private readonly Decider _core = new("s", "c");

    [Fact]
    public void Should_climb_from_the_guest_to_the_run_directory_and_record_each_fact()
    {
        var command = _core.Remove(whole: true);
        Assert.Equal([typeof(SandboxDeleteBegun)], command.EventTypes);
        Assert.Equal(["Pause", "KillContainer c", "KillContainer s"], command.EffectNames);

        Assert.Empty(_core.Exit("c").Effects);
        Assert.Equal(["Pause"], _core.Exit("s").EffectNames);
        var farewell = _core.StandInsGone("s", "c");
        Assert.Equal(["EndStandIn c", "EndStandIn s", "Invoke DestroySandboxRequest", "Pause"], farewell.EffectNames);
        _core.Reply(farewell, "EndStandIn c", new ContainerProtocol.StandInKilled("c", null));
        _core.Reply(farewell, "EndStandIn s", new ContainerProtocol.StandInKilled("s", null));
        var stop = _core.Reply(farewell, "Invoke DestroySandboxRequest", new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.Unavailable, "gone")));
        Assert.Equal(["GiveBackVm", "LeaveAgent", "Stop"], stop.EffectNames);

        var groups = _core.Reply(stop, "Stop", new HypervisorProtocol.Stopped());
        Assert.Equal([typeof(VmStopped)], groups.EventTypes);
        Assert.Equal(["Destroy"], groups.EffectNames);
        var directory = _core.Reply(groups, "Destroy", new CgroupProtocol.Destroyed());
        Assert.Equal(["Release"], directory.EffectNames);
        var end = _core.Reply(directory, "Release", new StorageProtocol.Released());

        Assert.Equal([typeof(SandboxDeleted)], end.EventTypes);
        Assert.Equal([s_deleted], end.Step.Replies.Select(reply => reply.Reply));
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_go_on_with_a_harsher_stage_when_the_deadline_of_a_stage_passes()
    {
        var killing = _core.Remove(whole: true);

        var draining = _core.Pass(killing, "Pause");
        Assert.Equal(["Pause"], draining.EffectNames);
        var farewell = _core.Pass(draining, "Pause");
        Assert.Contains("EndStandIn c", farewell.EffectNames);
        var stop = _core.Pass(farewell, "Pause");
        Assert.Contains("Stop", stop.EffectNames);
    }

    [Fact]
    public void Should_drop_the_reply_to_a_stage_that_was_left()
    {
        var killing = _core.Remove(whole: true);
        var farewell = _core.Pass(_core.Pass(killing, "Pause"), "Pause");
        _core.Pass(farewell, "Pause");
        var before = _core.State;

        var late = _core.Reply(farewell, "EndStandIn c", new ContainerProtocol.StandInKilled("c", "it cannot be looked at"));
        var later = _core.Pass(killing, "Pause");

        Assert.Empty(late.Effects.Concat(later.Effects));
        Assert.Equal(before, _core.State);
    }

    [Fact]
    public void Should_keep_the_cgroups_and_the_directory_of_a_vm_that_cannot_be_ended_and_try_again()
    {
        var stop = _core.UntilStop();

        var failed = _core.Reply(stop, "Stop", new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.Internal, "it hangs")));

        Assert.Equal(["Pause"], failed.EffectNames);
        var told = Assert.IsType<Failure>(Assert.Single(failed.Step.Replies).Reply);
        Assert.Equal("cannot delete container \"s\": it hangs", told.Message);
        Assert.False(_core.State.Operations.Values.OfType<RemoveSandbox>().Single().IsUnderWay);
        Assert.Contains("Stop", _core.UntilStop(_core.Pass(failed, "Pause")).EffectNames);
    }

    [Fact]
    public void Should_begin_again_at_once_when_a_requester_comes_in_the_pause_after_a_failure()
    {
        _core.Reply(_core.UntilStop(), "Stop", new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.Internal, "it hangs")));

        var again = _core.Remove(whole: true);

        Assert.Contains("KillContainer s", again.EffectNames);
        Assert.Empty(again.Events); // The intent is on record.
    }

    [Fact]
    public void Should_answer_every_requester_when_several_want_the_same()
    {
        _core.Remove(whole: false);
        var joined = _core.Remove(whole: false);
        Assert.Empty(joined.Effects);

        var detach = _core.UntilDetach();
        var end = _core.Reply(detach, "Detach", new StorageProtocol.Detached("c"));

        Assert.Equal([typeof(ContainerDeleted)], end.EventTypes);
        Assert.Equal(2, end.Step.Replies.Length);
    }

    [Fact]
    public void Should_say_what_is_left_of_a_container_and_give_up()
    {
        _core.Remove(whole: false);

        var end = _core.Reply(_core.UntilDetach(), "Detach", new StorageProtocol.StorageFailed("c", new Failure(FailureCode.Internal, "it is busy")));

        Assert.Equal("cannot delete container \"c\": it is busy", Assert.IsType<Failure>(Assert.Single(end.Step.Replies).Reply).Message);
        Assert.Empty(_core.State.Operations);
        Assert.Contains("c", _core.State.Record.Containers.Keys);
    }

    [Fact]
    public void Should_repeat_a_stage_whose_actor_was_lost_but_not_for_ever()
    {
        var asked = _core.UntilStop();
        for (var times = 0; times < 5; times++)
        {
            asked = _core.Reply(asked, "Stop", new ResourceLost("Hypervisor"));
            Assert.Contains("Stop", asked.EffectNames);
        }

        var end = _core.Reply(asked, "Stop", new ResourceLost("Hypervisor"));

        Assert.Contains("again and again", Assert.IsType<Failure>(Assert.Single(end.Step.Replies).Reply).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_look_for_the_vm_by_its_uuid_when_no_actor_holds_it()
    {
        _core.Outside = _core.Outside with { HoldsVm = false, VmUuids = [Decider.Uuid] };

        Assert.Contains("EndVms", _core.UntilStop().EffectNames);
    }

    [Fact]
    public void Should_wait_for_the_group_of_the_pool_before_the_run_directory_goes()
    {
        var pool = Guid.NewGuid();
        _core.Outside = _core.Outside with { PoolGroup = pool };
        var groups = _core.Reply(_core.UntilStop(), "Stop", new HypervisorProtocol.Stopped());
        Assert.Equal(["RemovePoolGroup", "Destroy"], groups.EffectNames);
        Assert.Empty(_core.Reply(groups, "Destroy", new CgroupProtocol.Destroyed()).Effects);

        Assert.Equal(["Release"], _core.Reply(groups, "RemovePoolGroup", new PoolGroupActor.Gone(pool, null)).EffectNames);
    }

    [Fact]
    public void Should_end_the_removal_of_a_container_with_that_of_its_sandbox()
    {
        _core.Remove(whole: false);

        var groups = _core.Reply(_core.UntilStop(), "Stop", new HypervisorProtocol.Stopped());
        var end = _core.Reply(_core.Reply(groups, "Destroy", new CgroupProtocol.Destroyed()), "Release", new StorageProtocol.Released());

        Assert.Equal(2, end.Step.Replies.Length);
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_not_kill_what_has_died_with_the_vm()
    {
        _core.Record(new VmStopped { Reason = "killed" });

        var begun = _core.Remove(whole: true);

        Assert.DoesNotContain(begun.EffectNames, name => name.StartsWith("KillContainer", StringComparison.Ordinal));
    }
}

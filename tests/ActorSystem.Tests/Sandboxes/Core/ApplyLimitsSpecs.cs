using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>Rounds of limits, and updates beside them, as decided by the core.</summary>
public sealed class ApplyLimitsSpecs
{
    private static readonly Google.Protobuf.WellKnownTypes.Empty s_empty = new();
    private static readonly ImmutableArray<int> s_threads = [5];

    // The second container has no limit, so the host does not enforce that of the first.
    private readonly Decider _core = new("s", "free");

    [Fact]
    public void Should_begin_another_round_for_a_wish_that_came_during_one()
    {
        var first = _core.On(new AgentReturned());
        Assert.Equal(["Pause", "QueryVcpus"], first.RoundNames);

        Assert.Empty(_core.On(new AgentReturned()).RoundNames);
        Assert.Empty(_core.On(new AgentReturned()).RoundNames);
        var apply = _core.Reply(first, "QueryVcpus", new HypervisorProtocol.VcpuThreads(s_threads));
        Assert.Equal(["Apply"], apply.RoundNames);
        var guest = _core.Reply(apply, "Apply", Applied);
        Assert.Equal(["LeavePoolGroup"], guest.EffectNames);
        Assert.Equal(["Invoke OnlineCPUMemRequest"], guest.RoundNames);

        var second = _core.Reply(guest, "Invoke OnlineCPUMemRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Equal(["Pause", "QueryVcpus"], second.RoundNames);
    }

    [Fact]
    public void Should_repeat_a_round_that_fails_after_pauses_that_grow_and_say_why_once()
    {
        TimeSpan[] pauses = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)];
        var round = _core.On(new AgentReturned());
        foreach (var (pause, index) in pauses.Select((pause, index) => (pause, index)))
        {
            var end = _core.Reply(round, "QueryVcpus", new HypervisorFailure(new HypervisorProtocol.QueryVcpus(), new(FailureCode.Internal, "no answer")));
            var rest = Assert.IsType<AwaitedEffect.Pause>(Assert.Single(end.Step.Effects));
            Assert.Equal(pause, rest.Deadline);
            Assert.Equal(index == 0 ? 1 : 0, end.Step.Remarks.Length);
            round = _core.On(new Overdue(rest.Id));
        }
    }

    [Fact]
    public void Should_drop_the_replies_to_a_round_that_is_late()
    {
        var round = _core.On(new AgentReturned());
        var late = _core.Pass(round, "Pause");
        Assert.Equal(["Pause"], late.RoundNames);

        Assert.Empty(_core.Reply(round, "QueryVcpus", new HypervisorProtocol.VcpuThreads(s_threads)).Step.Effects);
    }

    [Fact]
    public void Should_begin_no_round_without_a_vm_and_tell_an_update_that_waits_for_it()
    {
        var update = Update(20_000);
        _core.Record(new VmStopped { Reason = "QEMU was killed" });

        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot update container \"s\": QEMU was killed")], _core.On(new Changed()).Replies);
        Assert.Empty(_core.Reply(update, "Invoke UpdateContainerRequest", new AgentProtocol.Invoked(null, s_empty)).Step.Effects);
        Assert.Empty(_core.On(new AgentReturned()).Step.Effects);
    }

    // Its containers have ended and count no more: a round would take the limit off a VM that could not be ended.
    [Fact]
    public void Should_begin_no_round_while_a_removal_that_has_failed_rests()
    {
        var resting = _core.Reply(_core.UntilStop(), "Stop", new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.Internal, "it does not end")));
        Assert.Equal(["Pause"], resting.EffectNames);

        Assert.Empty(_core.On(new AgentReturned()).RoundNames);
    }

    [Fact]
    public void Should_record_the_change_before_the_guest_is_asked_and_its_end_before_the_reply()
    {
        var update = Update(20_000);
        Assert.Equal([typeof(ContainerUpdateBegun)], update.EventTypes);
        Assert.Equal(["Invoke UpdateContainerRequest"], update.EffectNames);
        var round = _core.Reply(update, "Invoke UpdateContainerRequest", new AgentProtocol.Invoked(null, s_empty));
        var set = _core.Reply(round, "QueryVcpus", new HypervisorProtocol.VcpuThreads(s_threads));
        var apply = _core.Reply(set, "SetVcpus", new HypervisorProtocol.VcpusSet([5, 6], null));
        var guest = _core.Reply(apply, "Apply", Applied);

        var end = _core.Reply(guest, "Invoke OnlineCPUMemRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Equal([typeof(ContainerUpdated)], end.EventTypes);
        Assert.IsType<SandboxCommands.Updated>(Assert.Single(end.Replies));
    }

    // Otherwise the guest would get limits that have just been undone.
    [Fact]
    public void Should_know_that_an_update_is_taken_back_before_a_round_goes_on()
    {
        var first = _core.On(new AgentReturned());
        var update = Update(50_000);
        Assert.Empty(_core.Reply(first, "QueryVcpus", new HypervisorProtocol.VcpuThreads(s_threads)).Step.Effects);
        var undo = _core.Reply(update, "Invoke UpdateContainerRequest", new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.Internal, "no")));

        var end = _core.Reply(undo, "Invoke UpdateContainerRequest", new AgentProtocol.Invoked(null, s_empty));

        Assert.Equal([typeof(ContainerUpdateFailed)], end.EventTypes);
        Assert.Equal(["Apply"], end.RoundNames);
        Assert.Empty(end.EffectNames);
    }

    private static CgroupProtocol.Applied Applied => new(["/cg"], null, s_threads);

    private Decision Update(long quota) =>
        _core.On(new Update("s", new ResourcesSpec { Cpu = new CpuSpec { Quota = quota, Period = 100_000 } }, new RequesterId(1)));
}

using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The end of a VM that is given up, as decided by the core.</summary>
public sealed class EndVmSpecs
{
    private static readonly GiveUpVm s_giveUp = new("it hangs");
    private static readonly HypervisorFailure s_failure = new(new HypervisorProtocol.Stop(), new(FailureCode.DeadlineExceeded, "SIGKILL did not end it"));
    private readonly Decider _core = new("s");

    [Fact]
    public void Should_end_it_at_once_and_tell_of_its_end()
    {
        var attempt = _core.On(s_giveUp);

        Assert.Equal(new HypervisorProtocol.Stop { IsUrgent = true }, Assert.IsType<AwaitedEffect.Ask>(Assert.Single(attempt.Effects)).Command);
        MustHaveEnded(_core.Reply(attempt, "Stop", new HypervisorProtocol.Stopped()));
        Assert.Empty(_core.State.Operations);
    }

    [Fact]
    public void Should_try_until_it_is_gone()
    {
        var attempt = _core.On(s_giveUp);
        for (var times = 0; times < 20; times++)
        {
            var resting = _core.Reply(attempt, "Stop", s_failure);
            attempt = _core.Pass(resting, "Pause");
        }

        MustHaveEnded(_core.Reply(attempt, "Stop", new HypervisorProtocol.Stopped()));
    }

    [Fact]
    public void Should_look_for_it_by_its_uuid_when_the_actor_that_held_it_is_lost()
    {
        var attempt = _core.On(s_giveUp);
        _core.Outside = _core.Outside with { HoldsVm = false };

        Assert.Equal(["EndVms"], _core.Pass(_core.Reply(attempt, "Stop", new ResourceLost("Hypervisor")), "Pause").EffectNames);
    }

    [Fact]
    public void Should_be_over_when_the_vm_has_ended_by_itself()
    {
        var attempt = _core.On(s_giveUp);
        _core.Record(new VmStopped { Reason = "killed" });
        _core.On(new Changed());

        Assert.Empty(_core.Reply(attempt, "Stop", new HypervisorProtocol.Stopped()).Effects);
        Assert.Empty(_core.On(s_giveUp).Effects);
    }

    [Fact]
    public void Should_end_a_vm_that_hangs_while_its_sandbox_is_removed()
    {
        _core.Remove(whole: true);

        Assert.Equal(["Stop"], _core.On(s_giveUp).EffectNames);
    }

    private static void MustHaveEnded(Decision end)
    {
        Assert.Equal([typeof(ContainerExited), typeof(VmStopped)], end.EventTypes);
        Assert.Equal("it hangs", end.Events.OfType<VmStopped>().Single().Reason);
        Assert.Equal(["LeaveVm", "LeavePoolGroup", "DropCgroups"], end.EffectNames);
    }
}

using KataActors.Hypervisor;
using KataActors.Linux;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The VMs of the pool: booted one at a time when no request waits, granted once, ended when they are too many or fail.</summary>
internal static class PoolVms
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(30);

    // Its sandbox is still busy with it; the next VM would only take its CPU.
    private static readonly TimeSpan s_creationPause = TimeSpan.FromSeconds(1);

    /// <summary>The factory serves: the size of the pool is reconsidered from now on.</summary>
    public static void StartPool(this FactoryTurn turn)
    {
        if (turn.Context.HasPool)
        {
            turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.PoolTick(), s_tick) { IsPeriodic = true });
        }
    }

    /// <summary>Boots the next VM of the pool, if it wants one, none is on its way, and no pause is under way.</summary>
    public static void FillPool(this FactoryTurn turn)
    {
        var state = turn.State;
        if (turn.Context.FreshVm is not { } fresh || state.Pooled.Count() >= state.Pool.Target || state.PoolBooting > 0 || state.Pool.Pause > TimeSpan.Zero)
        {
            return;
        }

        var request = new RequestVm(fresh, turn.Context.Vm.Vcpus, turn.Context.Vm.MemoryMib);
        switch (turn.Context.BelowPool.Offer(request, turn.FactsWith(state.AllBoots)))
        {
            case VmOffer.Grant { Vm: var vm }:
                turn.State = state.With(new FactoryVm.Booting(vm.Config.Uuid, vm.Source));
                turn.Do(new FactoryEffect.BootVm(vm.Config));
                break;
            case VmOffer.Refusal refusal:
                turn.OnRefillFailed(refusal.Failure.Message);
                break;
            case VmOffer.Later later:
                turn.Provide(later.Need);
                break;
        }
    }

    /// <summary>A VM that was granted leaves the pool.</summary>
    public static void HandOver(this FactoryTurn turn, Guid vm, WaitingRequest to)
    {
        turn.State = turn.State.With(new FactoryVm.Granted(vm, to.Sandbox, to.Requester)) with
        {
            Pool = turn.State.Pool.AfterHit() with { Refills = turn.State.Pool.Refills.AfterSuccess() },
        };
        turn.Do(new FactoryEffect.ReleaseVm(vm));
        turn.PauseRefill(s_creationPause);
    }

    /// <summary>A VM is ready.</summary>
    public static void Hold(this FactoryTurn turn, VmConfig config, ProcessIdentity process)
    {
        switch (turn.State.Find(config.Uuid))
        {
            case FactoryVm.Booting:
                turn.State = turn.State.With(new FactoryVm.Waiting(config, process));
                break;
            case FactoryVm.Ending:
                turn.State = turn.State.With(new FactoryVm.Ending(config.Uuid, Source: null));
                break;
            default:
                return;
        }

        turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.VmLasted(config.Uuid), s_tick));
        turn.Serve();
    }

    /// <summary>A VM has been ready for a while.</summary>
    public static void OnLasted(this FactoryTurn turn, Guid vm)
    {
        if (turn.State.Find(vm) is { IsPooled: true })
        {
            turn.State = turn.State with { Pool = turn.State.Pool with { Refills = turn.State.Pool.Refills.AfterSuccess() } };
        }
    }

    /// <summary>A VM has ended, or its actor has.</summary>
    public static void Lose(this FactoryTurn turn, FactoryInput.VmLost lost)
    {
        if (turn.State.Find(lost.Vm) is not { IsPooled: true } vm)
        {
            return;
        }

        turn.State = turn.State.Without(lost.Vm);
        if (lost.IsLeft)
        {
            turn.TearDown(Orphan.OfPool(lost.Vm));
        }

        if (vm is FactoryVm.Ending)
        {
            turn.PauseRefill(PoolGoal.FirstRefillPause);
        }
        else
        {
            turn.OnRefillFailed(lost.Reason);
        }

        turn.TellPoolEnd();
        turn.RemoveTemplateWhenQuiet();
        turn.Serve();
    }

    /// <summary>A while has passed: without demand a VM may be too many.</summary>
    public static void Shrink(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool.AfterTick(turn.Context.Settings) };
        if (turn.State.Pooled.Count() > turn.State.Pool.Target && turn.State.Vms.OfType<FactoryVm.Waiting>().FirstOrDefault() is { } surplus)
        {
            turn.End(surplus, "it is not needed");
        }
    }

    /// <summary>No VM is wanted any more, until a request finds none or the factory is initialised.</summary>
    public static void EmptyPool(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool with { Target = 0 } };
        foreach (var vm in turn.State.Pooled.Where(vm => vm is not FactoryVm.Ending).ToArray())
        {
            turn.End(vm, "the factory is destroyed");
        }
    }

    /// <summary>The pause that is under way is over.</summary>
    public static void EndRefillPause(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool with { Pause = TimeSpan.Zero } };
        turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.Refill()));
    }

    /// <summary>The daemon is about to end: the requester hears when the pool has ended.</summary>
    public static void Leave(this FactoryTurn turn, Requester requester)
    {
        turn.State = turn.State with { Phase = FactoryPhase.Leaving, PoolEndRequester = requester };
        turn.EmptyPool();
        turn.TellPoolEnd();
    }

    /// <summary>Answers the requester of the pool's end when no VM is left but those whose end has failed once.</summary>
    public static void TellPoolEnd(this FactoryTurn turn)
    {
        if (turn.State is { PoolEndRequester: { } requester, IsPoolEmpty: true } && !turn.State.Vms.Any(vm => vm is FactoryVm.Orphaned { IsDelayed: false }))
        {
            turn.State = turn.State with { PoolEndRequester = null };
            turn.Reply(requester, new PoolEnded());
        }
    }

    private static void End(this FactoryTurn turn, FactoryVm vm, string reason)
    {
        turn.State = turn.State.With(new FactoryVm.Ending(vm.Uuid, vm.BootSource));
        turn.Do(new FactoryEffect.EndVm(vm.Uuid, reason));
    }

    private static void OnRefillFailed(this FactoryTurn turn, string reason)
    {
        var refills = turn.State.Pool.Refills;
        turn.State = turn.State with { Pool = turn.State.Pool with { Refills = refills.AfterFailure(reason) } };
        turn.PauseRefill(refills.Next);
        if (reason != refills.Cause)
        {
            turn.Warn($"the pool is not full: {reason}");
        }
    }

    // A VM that fails at once is not replaced at once. A longer pause goes on.
    private static void PauseRefill(this FactoryTurn turn, TimeSpan pause)
    {
        if (pause > turn.State.Pool.Pause)
        {
            turn.State = turn.State with { Pool = turn.State.Pool with { Pause = pause } };
            turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.Refill(), pause));
        }
    }
}

using KataActors.Linux;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The pool VMs: booted one at a time while no request waits, granted once, ended when surplus.</summary>
internal static class PoolVms
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(30);

    // The granted VM's sandbox still needs the CPU, which the boot of the next VM would take.
    private static readonly TimeSpan s_creationPause = TimeSpan.FromSeconds(1);

    /// <summary>Starts the periodic review of the pool's size.</summary>
    public static void StartPool(this FactoryTurn turn)
    {
        if (turn.Context.HasPool)
        {
            turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.PoolTick(), s_tick) { IsPeriodic = true });
        }
    }

    /// <summary>Boots the next pool VM, when one is missing, none boots, and no pause is under way.</summary>
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

    /// <summary>Grants a pool VM.</summary>
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

    /// <summary>A VM has lasted for a while.</summary>
    public static void OnLasted(this FactoryTurn turn, Guid vm)
    {
        if (turn.State.Find(vm) is { IsPooled: true })
        {
            turn.State = turn.State with { Pool = turn.State.Pool with { Refills = turn.State.Pool.Refills.AfterSuccess() } };
        }
    }

    /// <summary>A VM has ended, or its actor has stopped.</summary>
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

    /// <summary>Reviews the size of the pool: without demand a VM may be surplus.</summary>
    public static void Shrink(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool.AfterTick(turn.Context.Settings) };
        if (turn.State.Pooled.Count() > turn.State.Pool.Target && turn.State.Vms.OfType<FactoryVm.Waiting>().FirstOrDefault() is { } surplus)
        {
            turn.End(surplus, "it is not needed");
        }
    }

    /// <summary>Ends all pool VMs. New ones follow only after a request without a ready VM, or an initialisation.</summary>
    public static void EmptyPool(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool with { Target = 0 } };
        foreach (var vm in turn.State.Pooled.Where(vm => vm is not FactoryVm.Ending).ToArray())
        {
            turn.End(vm, "the factory is destroyed");
        }
    }

    /// <summary>Ends the pause under way.</summary>
    public static void EndRefillPause(this FactoryTurn turn)
    {
        turn.State = turn.State with { Pool = turn.State.Pool with { Pause = TimeSpan.Zero } };
        turn.Do(new FactoryEffect.CancelTimer(new FactoryTimer.Refill()));
    }

    /// <summary>The daemon is about to end: ends the pool for the requester.</summary>
    public static void Leave(this FactoryTurn turn, Requester requester)
    {
        turn.State = turn.State with { Phase = FactoryPhase.Leaving, PoolEndRequester = requester };
        turn.EmptyPool();
        turn.TellPoolEnd();
    }

    /// <summary>Answers the requester once no VM is left, except those whose teardown has failed once.</summary>
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

    // A VM that fails at once is not replaced at once. A longer pause stays in force.
    private static void PauseRefill(this FactoryTurn turn, TimeSpan pause)
    {
        if (pause > turn.State.Pool.Pause)
        {
            turn.State = turn.State with { Pool = turn.State.Pool with { Pause = pause } };
            turn.Do(new FactoryEffect.StartTimer(new FactoryTimer.Refill(), pause));
        }
    }
}

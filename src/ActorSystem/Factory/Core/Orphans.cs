namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// Orphaned VMs: those of an earlier daemon, those given back, those whose sandbox has stopped before it took them over, and pool VMs that could not
/// be ended. Each is torn down until nothing is left.
/// </summary>
internal static class Orphans
{
    /// <summary>After the look at the host: tears down the remains of an earlier daemon, before any request is served.</summary>
    public static void OnHostSeen(this FactoryTurn turn, HostLook look)
    {
        if (look.Problem is { } problem)
        {
            turn.Complain($"what an earlier daemon left of the factory could not be looked at: {problem}");
        }

        if (turn.State.Phase == FactoryPhase.Looking)
        {
            turn.State = turn.State with { Phase = FactoryPhase.Sweeping };
        }

        foreach (var orphan in Orphan.In(look, turn.State))
        {
            turn.TearDown(orphan);
        }

        turn.ServeWhenSwept();
    }

    /// <summary>Begins the teardown of a VM.</summary>
    public static void TearDown(this FactoryTurn turn, Orphan orphan)
    {
        turn.State = turn.State.With(new FactoryVm.Orphaned(orphan.Vm, orphan.IsOfEarlierDaemon));
        turn.Do(new FactoryEffect.TearDown(orphan));
    }

    /// <summary>A sandbox has taken over its VM: the factory forgets it.</summary>
    public static void LetGo(this FactoryTurn turn, Guid vm)
    {
        if (turn.State.Find(vm) is FactoryVm.Granted granted)
        {
            turn.State = turn.State.Without(vm);
            turn.Do(new FactoryEffect.Unwatch(granted.Requester));
        }
    }

    /// <summary>A sandbox gives its VM back, perhaps one granted by an earlier incarnation of the factory.</summary>
    public static void TakeBack(this FactoryTurn turn, Guid vm)
    {
        turn.LetGo(vm);
        if (turn.State.Find(vm) is null)
        {
            turn.TearDown(Orphan.OfPool(vm));
        }
    }

    /// <summary>The actor of a sandbox has stopped: its granted VM is torn down, unless taken over.</summary>
    public static void EndGranted(this FactoryTurn turn, Guid sandbox)
    {
        foreach (var vm in turn.State.Vms.OfType<FactoryVm.Granted>().Where(vm => vm.Sandbox == sandbox).ToArray())
        {
            turn.Warn($"the VM {vm.Uuid} of the pool is ended: the sandbox that it was granted to has stopped");
            turn.TearDown(Orphan.OfPool(vm.Uuid));
        }
    }

    /// <summary>A teardown has failed once, or is complete.</summary>
    public static void OnOrphanTried(this FactoryTurn turn, Guid vm, bool isGone)
    {
        if (turn.State.Find(vm) is not FactoryVm.Orphaned orphan)
        {
            return;
        }

        turn.State = isGone ? turn.State.Without(vm) : turn.State.With(orphan with { IsDelayed = true });
        turn.TellPoolEnd();
        turn.ServeWhenSwept();
    }

    private static void ServeWhenSwept(this FactoryTurn turn)
    {
        if (turn.State.Phase != FactoryPhase.Sweeping || turn.State.Vms.Any(vm => vm is FactoryVm.Orphaned { IsOfEarlierDaemon: true, IsDelayed: false }))
        {
            return;
        }

        turn.State = turn.State with { Phase = FactoryPhase.Serving };
        if (turn.Context.Settings.EnableTemplate)
        {
            turn.StartTemplateActor();
        }

        turn.StartPool();
        turn.Serve();
    }
}

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// Orphaned VMs: those of an earlier daemon, those that are given back, those whose sandbox stops before it has taken them, and those of the pool that
/// could not be ended. All of them go the same way: they are torn down until nothing is left.
/// </summary>
internal static class Orphans
{
    /// <summary>The host was looked at. A VM that the factory knows is none of an earlier daemon.</summary>
    public static void TearDownOrphans(this FactoryTurn turn, IEnumerable<Guid> found)
    {
        if (turn.State.Phase == FactoryPhase.Looking)
        {
            turn.State = turn.State with { Phase = FactoryPhase.Sweeping };
        }

        foreach (var vm in found.Where(vm => turn.State.Find(vm) is null))
        {
            turn.TearDown(vm, isOfEarlierDaemon: true);
        }

        turn.ServeWhenSwept();
    }

    /// <summary>A VM is torn down.</summary>
    public static void TearDown(this FactoryTurn turn, Guid vm, bool isOfEarlierDaemon)
    {
        turn.State = turn.State.With(new FactoryVm.Orphaned(vm, isOfEarlierDaemon));
        turn.Do(new FactoryEffect.TearDown(vm, isOfEarlierDaemon));
    }

    /// <summary>A sandbox has taken possession of its VM: it is none of the factory's any more.</summary>
    public static void LetGo(this FactoryTurn turn, Guid vm)
    {
        if (turn.State.Find(vm) is FactoryVm.Granted granted)
        {
            turn.State = turn.State.Without(vm);
            turn.Do(new FactoryEffect.Unwatch(granted.Requester));
        }
    }

    /// <summary>A sandbox gives back its VM; also one that an earlier incarnation of the factory has granted.</summary>
    public static void TakeBack(this FactoryTurn turn, Guid vm)
    {
        turn.LetGo(vm);
        if (turn.State.Find(vm) is null)
        {
            turn.TearDown(vm, isOfEarlierDaemon: false);
        }
    }

    /// <summary>The actor of a sandbox has stopped: the VM that it was granted, and has not taken, is torn down.</summary>
    public static void EndGranted(this FactoryTurn turn, Guid sandbox)
    {
        foreach (var vm in turn.State.Vms.OfType<FactoryVm.Granted>().Where(vm => vm.Sandbox == sandbox).ToArray())
        {
            turn.Warn($"the VM {vm.Uuid} of the pool is ended: the sandbox that it was granted to has stopped");
            turn.TearDown(vm.Uuid, isOfEarlierDaemon: false);
        }
    }

    /// <summary>An attempt to tear down a VM has failed, or nothing of it is left.</summary>
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

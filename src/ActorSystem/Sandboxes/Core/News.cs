using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Decides on news of the VM and its agent without an operation that waits for them.</summary>
internal static class News
{
    private const int Killed = 137;

    /// <summary>After the replay of the journal: continues from the record, by a removal or by the reconciliation with the host.</summary>
    public static void Recover(Turn turn)
    {
        if (turn.Record.Deleting || turn.Record.IsBeingCreated)
        {
            Conflicts.Admit(new Remove(turn.Registration.Key.Id, IsWhole: true, "its creation was interrupted", null), turn);
        }
        else if (turn.Record.BootId != turn.Outside.BootId)
        {
            Take(new VmDied("the host was restarted"), turn);
        }
        else if (turn.Record.VmEnded)
        {
            turn.AttendContainers();
            Conflicts.UndoInterrupted(turn);
        }
        else
        {
            turn.Begin(id => new Reconcile(id));
        }
    }

    /// <summary>The VM is gone: its containers have ended too, and the sandbox stays, stopped, until its removal.</summary>
    public static void Take(VmDied died, Turn turn)
    {
        if (turn.Record.VmEnded || FallsBack(died.Reason, turn))
        {
            return;
        }

        turn.Warn($"the VM ended: {died.Reason}");
        foreach (var id in turn.Record.Containers.Keys.Order(StringComparer.Ordinal))
        {
            Execs.EndAll(id, died.Reason, turn);
            new ProcessEnded(id, Killed, died.Reason).Record(turn);
        }

        turn.Persist(new VmStopped { Reason = died.Reason });
        turn.Do(new Effect.LeaveVm());
        Conflicts.UndoInterrupted(turn);
        if (!turn.IsBeingRemoved && !MakesSandbox(turn))
        {
            turn.Do(new Effect.LeavePoolGroup());
            turn.Do(new Effect.DropCgroups());
        }
    }

    /// <summary>The agent answers, for the first time or again.</summary>
    public static void Take(AgentReturned returned, Turn turn)
    {
        var makesSandbox = MakesSandbox(turn);
        var isReconciling = turn.Operations.Any(operation => operation is Reconcile);
        Conflicts.Admit(returned, turn);
        turn.Signal(returned);
        turn.Signal(new Changed());
        if (!makesSandbox)
        {
            Conflicts.UndoInterrupted(turn);
            Execs.Resume(turn);
            if (!isReconciling)
            {
                LimitRounds.WantUnlessRestoring(turn);
            }
        }
    }

    /// <summary>The agent did not answer within the deadline of the first connection.</summary>
    public static void Take(AgentSilent silent, Turn turn)
    {
        if (!FallsBack($"its agent did not answer: {silent.Failure.Message}", turn))
        {
            turn.Signal(new VmFailed(silent.Failure));
            turn.Signal(silent);
        }
    }

    /// <summary>
    /// The agent counts as unreachable. A guest that answers every connection with nonsense would cost the daemon work as long as it runs.
    /// </summary>
    public static void Take(AgentUnreachable unreachable, Turn turn)
    {
        var reason = $"its agent cannot be reached: {unreachable.Reason}";
        if (FallsBack(reason, turn))
        {
            return;
        }

        if (MakesSandbox(turn))
        {
            turn.Signal(new VmFailed(new Failure(FailureCode.Unavailable, reason)));
        }
        else if (!turn.Record.VmEnded && !turn.IsBeingRemoved)
        {
            turn.Complain($"the agent cannot be reached, the VM is stopped: {unreachable.Reason}");
            Conflicts.Admit(new GiveUpVm(reason), turn);
        }
    }

    /// <summary>A hypervisor command has failed without an operation that waits for it.</summary>
    public static void Take(HypervisorFailed failed, Turn turn)
    {
        var (command, failure) = failed.Failure;
        switch (command)
        {
            case HypervisorProtocol.QueryVcpus when !FallsBack(failure.Message, turn):
                turn.Signal(new VmFailed(failure));
                turn.Warn($"the vCPU threads are not known: {failure.Message}");
                break;
            case HypervisorProtocol.Adopt when failure.Code == FailureCode.NotFound:
                Take(new VmDied("QEMU was gone when it was looked for again"), turn);
                break;
            case HypervisorProtocol.Adopt:
                Conflicts.Admit(new GiveUpVm($"its QEMU could not be taken over: {failure.Message}"), turn);
                break;
        }
    }

    /// <summary>The factory has described the VM. The configuration may have changed since its boot; the VM has not.</summary>
    public static void Take(VmDescribed described, Turn turn)
    {
        if (turn.Record is { Vmm: { } vmm, VmEnded: false } && !turn.IsBeingRemoved)
        {
            var vm = described.Vm with { Accelerator = turn.Record.Accelerator == "kvm" ? Accelerator.Kvm : Accelerator.Tcg };
            turn.Observe(seen => seen with { Vm = new VmLease(vm, "", null) { IsTaken = true } });
            turn.Do(new Effect.AdoptVm(vm, vmm));
        }
    }

    /// <summary>The factory has no VM, or cannot describe it.</summary>
    public static void Take(VmRefused refused, Turn turn)
    {
        if (turn.Operations.Any(operation => operation is ObtainVm))
        {
            turn.Signal(refused);
        }
        else if (turn.Record is { Vmm: not null, VmEnded: false } && !turn.IsBeingRemoved)
        {
            Conflicts.Admit(new GiveUpVm($"its QEMU could not be taken over: {refused.Failure.Message}"), turn);
        }
    }

    /// <summary>The VM was adopted, perhaps after the deadline of the reconciliation.</summary>
    public static void TakeOver(Turn turn)
    {
        if (!turn.Outside.AgentConnected && !turn.Record.VmEnded && !turn.IsBeingRemoved && turn.Seen.Vm is { } vm)
        {
            var isReconciling = turn.Operations.Any(operation => operation is Reconcile);
            turn.Do(new Effect.ReachGuest(vm.Config.AgentSocket, isReconciling ? turn.Deadlines.Reconcile : turn.Deadlines.AgentCall, Boots: false));
        }
    }

    /// <summary>A resource actor has failed: a fresh one adopts the running VM, or connects to its agent again. It ends a creation of the sandbox.</summary>
    public static void Take(ResourceActorFailed failed, Turn turn)
    {
        // Ends a creation of the sandbox, whose removal then owns the VM; no other operation hears of it.
        turn.Signal(new VmFailed(new Failure(FailureCode.Internal, $"the {failed.Resource} actor failed")));
        if (turn is not { Record: { Vmm: { } vmm, VmEnded: false }, Seen.Vm.Config: { } config, IsBeingRemoved: false } || MakesSandbox(turn))
        {
            return;
        }

        if (failed.Resource == ResourceKind.Hypervisor)
        {
            turn.Do(new Effect.AdoptVm(config, vmm));
        }
        else if (failed.Resource == ResourceKind.Agent)
        {
            turn.Do(new Effect.ReconnectAgent(config.AgentSocket, turn.Deadlines.AgentCall));
        }
    }

    private static bool MakesSandbox(Turn turn) => turn.Operations.Any(operation => operation is CreateContainer { MakesSandbox: true });

    // Whether a cold boot replaces the lost VM.
    private static bool FallsBack(string reason, Turn turn)
    {
        if (turn.Outside.AgentConnected || !turn.Operations.Any(operation => operation is ObtainVm { CanFallBack: true }))
        {
            return false;
        }

        turn.Signal(new VmUseless(reason));
        return true;
    }
}

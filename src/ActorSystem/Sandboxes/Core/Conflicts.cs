using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// The conflict table: which operation joins another one, runs beside it, ends it, or is refused.
/// <code>
/// new               RemoveContainer or UndoContainer of its container   RemoveSandbox                  EndVm
/// RemoveContainer   its requester joins                                 beside it, and ends with it    beside it
/// UndoContainer     joins                                               beside it, and ends with it    beside it
/// RemoveSandbox     beside it, and ends it                              its requester joins            beside it, and ends it
/// EndVm             beside it                                           beside it, and ends with it    joins
/// StartContainer    refused                                             beside it, and ends with it    beside it
/// </code>
/// <list type="bullet">
/// <item>CreateContainer, ObtainVm: one for each id; a forced removal of the container, the removal of its sandbox or the end of the VM ends it.</item>
/// <item>StartContainer, after ConnectLate: a second one is refused; one that only settles an earlier start is joined by the next requester.</item>
/// <item>UpdateLimits: a second one is refused; during the undo of an earlier one it waits for the end of the undo.</item>
/// <item>SetGuestLimits of one container, ApplyLimits: one at a time, later ones wait; RemoveSandbox ends a running ApplyLimits.</item>
/// <item>ExecProcess: beside all but the removal of its container; requesters of the same process join. RemoveExec: one for each process.</item>
/// <item>PauseContainer: beside all but the start and the removal of its container; requesters of the same direction join, the other one is refused, and so is an exec.</item>
/// <item>ViewContainer: any number.</item>
/// <item>InspectSandbox: one at a time, whose requesters later ones join.</item>
/// <item>Reconcile: commands wait for its end.</item>
/// </list>
/// <see cref="Admission"/> decides about commands before.
/// </summary>
internal static class Conflicts
{
    /// <summary>Begins a removal, or lets its requester join the one under way.</summary>
    public static void Admit(Remove remove, Turn turn)
    {
        if (turn.Operations.OfType<Removal>().FirstOrDefault(removal => removal.IsOf(remove)) is { } underWay)
        {
            turn.Advance(underWay.Id, remove);
            return;
        }

        turn.Begin(id => remove.IsWhole ? new RemoveSandbox(id, remove)
            : turn.Record.Containers.GetValueOrDefault(remove.Container) is { Status: ContainerStatus.Creating }
                ? new UndoContainer(id, new UndoCreation(remove.Container, "it was deleted", remove.Waiting))
                : new RemoveContainer(id, remove));
    }

    /// <summary>Begins a start, or refuses it.</summary>
    public static void Admit(Start start, Turn turn)
    {
        var id = start.Container;
        if (!turn.Record.Containers.TryGetValue(id, out var container))
        {
            turn.Reply(start.Waiting.Id, Failure.NoSuchContainer(id));
            return;
        }

        var underWay = turn.Operations.OfType<StartContainer>().FirstOrDefault(operation => operation.Container == id);
        var isStarting = underWay is { HasRequester: true } || turn.Operations.Any(operation => operation is ConnectLate late && late.Container == id);
        if (container.Status != ContainerStatus.Created || isStarting || container.Deleting || container.PauseIntent is not null)
        {
            var status = (isStarting, container.PauseIntent) switch
            {
                (true, _) => "being started",
                (_, true) => "being paused",
                (_, false) => "being resumed",
                _ => container.Status.ToString().ToLowerInvariant(),
            };
            var why = container.Exit is { Reason: { Length: > 0 } reason } ? $": {reason}" : "";
            turn.Reply(start.Waiting.Id, new Failure(FailureCode.FailedPrecondition, $"cannot start container \"{id}\": it is {status}, not created{why}"));
            return;
        }

        if (underWay is not null)
        {
            turn.Advance(underWay.Id, start);
        }
        else if (turn.Record.NetworkHoldsStart)
        {
            turn.Reply(start.Waiting.Id, new Failure(FailureCode.FailedPrecondition, $"cannot start container \"{id}\": its network was connected in part only"));
        }
        else
        {
            turn.Begin(operation => ConnectLate.IsDue(id, turn) ? new ConnectLate(operation, start) : new StartContainer(operation, id, [start.Waiting]));
        }
    }

    /// <summary>Begins an exec, or lets its requester join the one under way. One that was begun before is the same one.</summary>
    public static void Admit(Exec exec, Turn turn)
    {
        var (container, process) = (exec.Container, exec.Added.Id);
        if (turn.Operations.OfType<ExecProcess>().FirstOrDefault(operation => operation.IsOf(container, process)) is { } underWay)
        {
            turn.Advance(underWay.Id, exec);
        }
        else if (Execs.Find(container, process, turn) is { IsStarted: true })
        {
            turn.Reply(exec.Waiting.Id, exec.Waiting.Reply);
        }
        else if (Execs.Find(container, process, turn) is { Exit: { } exit })
        {
            turn.Reply(exec.Waiting.Id, new Failure(FailureCode.FailedPrecondition, exit.Reason));
        }
        else if (Admission.Refuse(exec, turn) is { } refusal)
        {
            turn.Reply(exec.Waiting.Id, refusal);
        }
        else
        {
            turn.Begin(id => new ExecProcess(id, container, exec.Added, [exec.Waiting]));
        }
    }

    /// <summary>Begins a pause or its end, or lets its requester join the one under way.</summary>
    public static void Admit(SetPaused set, Turn turn)
    {
        if (Admission.Refuse(set, turn) is { } refusal)
        {
            turn.Reply(set.Waiting.Id, refusal);
        }
        else if (turn.Operations.OfType<PauseContainer>().FirstOrDefault(operation => operation.Container == set.Container) is { } underWay)
        {
            turn.Advance(underWay.Id, set);
        }
        else
        {
            turn.Begin(id => new PauseContainer(id, set.Container, set.IsPaused, [set.Waiting]));
        }
    }

    /// <summary>Begins an inspection, or lets its requester join the one under way.</summary>
    public static void Admit(Inspect inspect, Turn turn)
    {
        if (turn.Operations.OfType<InspectSandbox>().FirstOrDefault() is { } underWay)
        {
            turn.Advance(underWay.Id, inspect);
        }
        else
        {
            turn.Begin(id => new InspectSandbox(id, [inspect.Waiting]));
        }
    }

    /// <summary>
    /// Restores limits in the guest that differ from the record, and goes on with interrupted starts and pauses. An update under way sets all limits itself.
    /// </summary>
    public static void Admit(AgentReturned returned, Turn turn)
    {
        StartContainer.Resume(turn);
        PauseContainer.Resume(turn);
        foreach (var id in turn.Record.Containers.Keys.Where(id => UpdateLimits.IsInterrupted(id, turn) || turn.Seen.ToRestore.Contains(id)).ToArray())
        {
            if (!UpdateLimits.HoldsGuestOf(id, turn))
            {
                turn.Begin(operation => new UpdateLimits(operation, id, null));
            }
        }
    }

    /// <summary>Hands a VM to the creation that waits for it; without such a creation the VM goes back.</summary>
    public static void Admit(VmOffered offered, Turn turn)
    {
        if (turn.Operations.OfType<ObtainVm>().FirstOrDefault() is { } obtaining)
        {
            turn.Advance(obtaining.Id, offered);
            return;
        }

        turn.Do(new Effect.EndBoot());
        turn.Do(new Effect.GiveBackVm(new VmLease(offered.Vm.Config, offered.Vm.Source, offered.Vm.Running)));
    }

    /// <summary>Records the end of a process; while the start is not recorded yet, the start does so.</summary>
    public static void Admit(ProcessEnded ended, Turn turn)
    {
        if (turn.Operations.OfType<StartContainer>().FirstOrDefault(start => start.Takes(ended, turn.Record)) is { } start)
        {
            turn.Advance(start.Id, ended);
        }
        else
        {
            ended.Record(turn);
        }
    }

    /// <summary>Begins the undo of a creation, or lets its requester join the removal under way.</summary>
    public static void Admit(UndoCreation undo, Turn turn)
    {
        var remove = new Remove(undo.Container, IsWhole: false, undo.Reason, undo.Waiting);
        if (!turn.Operations.OfType<Removal>().Any(removal => removal.IsOf(remove)))
        {
            turn.Begin(id => new UndoContainer(id, undo));
        }
        else if (undo.Waiting is not null)
        {
            Admit(remove, turn);
        }
    }

    /// <summary>Begins the undo of each creation without an operation.</summary>
    public static void UndoInterrupted(Turn turn)
    {
        foreach (var container in turn.Record.Containers.Values.Where(container => container.Status == ContainerStatus.Creating).ToArray())
        {
            if (!turn.Operations.Any(operation => operation is CreateContainer creation && creation.Container == container.Key.Id))
            {
                Admit(new UndoCreation(container.Key.Id, "its creation was interrupted", null), turn);
            }
        }
    }

    /// <summary>Begins the end of a VM, unless it is under way or over.</summary>
    public static void Admit(GiveUpVm give, Turn turn)
    {
        if (!turn.Record.VmEnded && !turn.Operations.Any(operation => operation is EndVm))
        {
            turn.Begin(id => new EndVm(id, give.Reason));
        }
    }
}

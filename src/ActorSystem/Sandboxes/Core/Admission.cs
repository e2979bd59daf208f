using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Admits or refuses the commands of callers. A refusal changes nothing.</summary>
internal static class Admission
{
    // Each has buffers in the guest and an actor here.
    private const int MostExecs = 1024;

    /// <summary>Begins a creation, or refuses it. The actor stops after the refusal of its first creation.</summary>
    public static void Admit(Create create, Turn turn)
    {
        var id = create.Container.Key.Id;
        if (turn.Record.Containers.ContainsKey(id))
        {
            turn.Reply(create.Waiting.Id, new Failure(FailureCode.AlreadyExists, $"container id \"{id}\" is already in use"));
        }
        else if (Refuse(create, turn) is { } refusal)
        {
            turn.Do(turn.Record.Exists ? new Effect.FreeId(create.Container.Key) : new Effect.Leave());
            turn.Reply(create.Waiting.Id, refusal with { Message = $"cannot create container \"{id}\": {refusal.Message}" });
        }
        else
        {
            turn.Begin(operation => new CreateContainer(operation, create));
        }
    }

    /// <summary>Lets a creation go on after its hooks, if there is one that waits.</summary>
    public static void Admit(HooksRan ran, Turn turn)
    {
        if (turn.Operations.OfType<CreateContainer>().FirstOrDefault(creation => creation.AwaitsHooksOf(ran)) is { } creation)
        {
            turn.Advance(creation.Id, ran);
        }
        else
        {
            turn.Reply(ran.Waiting.Id, new SandboxCommands.Finished(IsCreated: false));
        }
    }

    /// <summary>Begins a removal, or refuses it. A forced removal cancels a creation under way.</summary>
    public static void Admit(Delete delete, Turn turn)
    {
        var id = delete.Container;
        var isSandbox = id == turn.Registration.Key.Id;
        var creation = turn.Operations.OfType<CreateContainer>().FirstOrDefault(creation => creation.Container == id);
        if (creation is not null && delete.Force)
        {
            turn.Advance(creation.Id, new CancelCreation(delete.Waiting));
        }
        else if (Refuse(delete, isSandbox, creation, turn) is { } refusal)
        {
            turn.Reply(delete.Waiting.Id, refusal);
        }
        else if (turn.Record.Containers.ContainsKey(id) || (isSandbox && turn.Record.Exists))
        {
            // The sandbox's own container may be off the record while its removal is still repeated.
            Conflicts.Admit(new Remove(id, isSandbox, "", delete.Waiting), turn);
        }
        else
        {
            turn.Reply(delete.Waiting.Id, delete.Waiting.Reply);
        }
    }

    /// <summary>Why a process cannot be added; null when it can.</summary>
    public static Failure? Refuse(Exec exec, Turn turn)
    {
        var id = exec.Container;
        if (!turn.Record.Containers.TryGetValue(id, out var container))
        {
            return Failure.NoSuchContainer(id);
        }

        return container switch
        {
            { Deleting: true } => Refused(FailureCode.FailedPrecondition, "it is being deleted"),
            { Status: ContainerStatus.Stopped } => new Failure(FailureCode.FailedPrecondition, "cannot exec in a stopped container"),
            { Status: ContainerStatus.Paused } or { PauseIntent: true } =>
                new Failure(FailureCode.Aborted, "cannot exec in a paused container (use --ignore-paused to override)"),
            { Status: not ContainerStatus.Running } => Refused(FailureCode.FailedPrecondition, $"it is {container.Status.ToString().ToLowerInvariant()}, not running"),
            { Execs.Count: >= MostExecs } => Refused(FailureCode.ResourceExhausted, $"it has {MostExecs} added processes"),
            _ when !turn.Outside.IsJournaled => Refused(FailureCode.Unavailable, $"the journal of sandbox \"{turn.Registration.Key.Id}\" cannot be written"),
            _ => null,
        };

        Failure Refused(FailureCode code, string why) => new(code, $"cannot exec in container \"{id}\": {why}");
    }

    /// <summary>Why a container cannot be paused or resumed, in runc's words; null when it can.</summary>
    public static Failure? Refuse(SetPaused set, Turn turn)
    {
        var id = set.Container;
        if (!turn.Record.Containers.TryGetValue(id, out var container))
        {
            return Failure.NoSuchContainer(id);
        }

        var isOfStatus = container.Status is ContainerStatus.Paused ? !set.IsPaused : set.IsPaused && container.Status is ContainerStatus.Created or ContainerStatus.Running;
        return container switch
        {
            _ when container.Deleting || turn.Record.Deleting => Refused(FailureCode.FailedPrecondition, "it is being deleted"),
            { PauseIntent: null } when !isOfStatus =>
                Refused(FailureCode.FailedPrecondition, $"container not {(set.IsPaused ? "running" : "paused")}: it is {container.Status.ToString().ToLowerInvariant()}"),
            _ when turn.Operations.Any(operation => operation is StartContainer start && start.Container == id || operation is ConnectLate late && late.Container == id) =>
                Refused(FailureCode.FailedPrecondition, "it is being started"),
            _ when !turn.Outside.IsJournaled => Refused(FailureCode.Unavailable, $"the journal of sandbox \"{turn.Registration.Key.Id}\" cannot be written"),
            _ when turn.Record.VmEnded || !turn.Outside.AgentConnected => Refused(FailureCode.Unavailable, "the agent does not answer"),
            { PauseIntent: { } other } when other != set.IsPaused => Refused(FailureCode.FailedPrecondition, other ? "it is being paused" : "it is being resumed"),
            _ => null,
        };

        Failure Refused(FailureCode code, string why) => new(code, $"cannot {(set.IsPaused ? "pause" : "resume")} container \"{id}\": {why}");
    }

    private static Failure? Refuse(Create create, Turn turn)
    {
        if (!create.HasDescriptors)
        {
            return new Failure(FailureCode.DeadlineExceeded, "its descriptors have expired");
        }

        if (!turn.Outside.IsJournaled)
        {
            return new Failure(FailureCode.Unavailable, $"the journal of sandbox \"{turn.Registration.Key.Id}\" cannot be written");
        }

        if (!turn.Record.Exists)
        {
            return RefusePlacement(create, turn);
        }

        var sandbox = turn.Record.Key.Id;
        return turn.Record switch
        {
            { VmEnded: true } => new Failure(FailureCode.FailedPrecondition, $"sandbox \"{sandbox}\" is stopped"),
            { Deleting: true } => new Failure(FailureCode.FailedPrecondition, $"sandbox \"{sandbox}\" is being deleted"),
            { IsBeingCreated: true } => new Failure(FailureCode.FailedPrecondition, $"sandbox \"{sandbox}\" is still being created"),
            var record => PodNamespaces.Refuse(create.Container.Spec, record) is { } why ? new Failure(FailureCode.FailedPrecondition, why) : null,
        };
    }

    private static Failure? RefusePlacement(Create create, Turn turn)
    {
        try
        {
            turn.Settings.Cgroups.Place(create.Container.Spec, turn.Registration.Uuid);
            return null;
        }
        catch (FormatException failure)
        {
            return new Failure(FailureCode.InvalidArgument, $"linux.cgroupsPath \"{create.Container.Spec.Linux?.CgroupsPath}\" cannot be followed: {failure.Message}");
        }
    }

    private static Failure? Refuse(Delete delete, bool isSandbox, CreateContainer? creation, Turn turn)
    {
        if (delete.Force)
        {
            return null;
        }

        var id = delete.Container;
        if (creation is not null)
        {
            return NotStopped(id, "creating");
        }

        if (!turn.Record.Containers.TryGetValue(id, out var container))
        {
            return isSandbox && turn.Record.Exists ? null : Failure.NoSuchContainer(id);
        }

        if (container.Status is ContainerStatus.Running or ContainerStatus.Paused)
        {
            return NotStopped(id, container.Status.ToString().ToLowerInvariant());
        }

        var others = turn.Record.Containers.Keys.Where(other => other != id).Order(StringComparer.Ordinal).ToArray();
        return isSandbox && others.Length > 0
            ? new Failure(FailureCode.FailedPrecondition, $"cannot delete sandbox \"{id}\": it still has containers: {string.Join(", ", others)}")
            : null;
    }

    private static Failure NotStopped(string id, string status) =>
        new(FailureCode.FailedPrecondition, $"cannot delete container \"{id}\" that is not stopped: {status}");
}

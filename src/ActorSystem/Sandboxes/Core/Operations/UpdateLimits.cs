using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// An update of a container's limits: first in the guest, then those of the VM. A failure is undone. An update that a crash has interrupted, or whose
/// undo did not reach the guest, is undone by a new operation, which begins with Restoring.
/// <code>
/// (Waiting) ▶ Changing ▶ Limiting ▶ done
///                  │ failed  │ failed
///                  └─────────┴──▶ Restoring ▶ LimitingBack ▶ failed
/// </code>
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="Command">The wanted update; null for the undo of an earlier one.</param>
internal sealed record UpdateLimits(OperationId Id, string Container, Update? Command) : Operation(Id)
{
    private enum Stage
    {
        // For the undo of an earlier update. One update at a time waits.
        Waiting,
        Changing,
        Limiting,
        Restoring,
        LimitingBack,
    }

    private Stage At { get; init; }

    // The awaited call to the guest, and the awaited round.
    private OperationId Call { get; init; }

    private int Wish { get; init; }

    private ImmutableArray<string> Warnings { get; init; } = [];

    // The cause of the undo.
    private Failure? Failure { get; init; }

    // It sets the limits in the guest itself.
    private bool HoldsGuest => At is Stage.Changing or Stage.Limiting or Stage.Restoring;

    /// <summary>Whether an update of the container has begun that no operation of this actor carries on.</summary>
    public static bool IsInterrupted(string container, Turn turn) =>
        turn.Record is { VmEnded: false } record && record.Containers.GetValueOrDefault(container)?.Update is not null
        && !turn.Operations.OfType<UpdateLimits>().Any(update => update.Container == container && update.Command is not null && update.At != Stage.Waiting);

    /// <summary>Whether an operation sets the limits of the container in the guest.</summary>
    public static bool HoldsGuestOf(string container, Turn turn) =>
        turn.Operations.OfType<UpdateLimits>().Any(update => update.Container == container && update.HoldsGuest);

    // The undo of an earlier update is under way.
    private static bool IsBeingRestored(string container, Turn turn) =>
        turn.Operations.OfType<UpdateLimits>().Any(update => update.Container == container && update.Command is null);

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn) => Command is null ? Restore(turn) : Change(turn, Command);

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Changed when !turn.Record.Containers.ContainsKey(Container) => End(turn, Refused(FailureCode.Unavailable, "it was deleted meanwhile")),
        Changed when turn.Record.VmEnded => End(turn, Refused(FailureCode.Unavailable, turn.WhyVmEnded)),
        Changed or GuestLimitsSet when At == Stage.Waiting => Change(turn, Command!),
        GuestLimitsSet set when At == Stage.Changing && set.By == Call => OnChanged(turn, set.Failure),
        GuestLimitsSet set when At == Stage.Restoring && set.By == Call => OnRestored(turn, set.Failure),
        LimitsApplied applied when At == Stage.Limiting && applied.Wish >= Wish => OnLimited(turn, applied),
        LimitsApplied applied when At == Stage.LimitingBack && applied.Wish >= Wish => End(turn, Failure!),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => End(turn, Refused(FailureCode.Unavailable, why));

    private Operation? Change(Turn turn, Update command)
    {
        if (turn.Outside.AgentConnected && (IsInterrupted(Container, turn) || IsBeingRestored(Container, turn)))
        {
            return IsFirstToWait(turn) ? this : End(turn, NotNow("another update is under way"));
        }

        if (Refuse(turn) is { } refusal)
        {
            return End(turn, refusal);
        }

        var container = turn.Record.Containers[Container];
        if (!ResourcesUpdate.TryApply(container.Spec.Linux?.Resources, command.Change, out var resources, out var error))
        {
            return End(turn, Refused(error.Kind == SpecErrorKind.Unsupported ? FailureCode.Unimplemented : FailureCode.InvalidArgument, error.Message));
        }

        ImmutableArray<string> warnings = [.. PassedOver.List(command.Change)];
        foreach (var warning in warnings)
        {
            turn.Warn($"update of container {Container}: {warning}");
        }

        turn.Persist(new ContainerUpdateBegun { Id = Container, Resources = ByteString.CopyFrom(ResourcesUpdate.Write(resources)) });
        return this with { At = Stage.Changing, Warnings = warnings, Call = Set(turn, container, resources) };
    }

    // Of several waiting updates only one could succeed.
    private bool IsFirstToWait(Turn turn) => !turn.Operations.OfType<UpdateLimits>()
        .Any(other => other.Container == Container && other.At == Stage.Waiting && other.Command is not null && other.Id.Number < Id.Number);

    private Failure? Refuse(Turn turn) => turn.Record.Containers.GetValueOrDefault(Container) switch
    {
        null => Failure.NoSuchContainer(Container),
        { Status: ContainerStatus.Creating } => NotNow("it is being created"),
        { Status: ContainerStatus.Stopped } => NotNow("it is stopped"),
        { Deleting: true } => NotNow("it is being deleted"),
        _ when turn.IsBeingRemoved => NotNow("it is being deleted"),
        { Update: not null } => NotNow("another update is under way"),
        _ when !turn.Outside.IsJournaled => Refused(FailureCode.Unavailable, "the journal cannot be written"),
        _ when !turn.Outside.AgentConnected => Refused(FailureCode.Unavailable, "the agent does not answer"),
        _ => null,
    };

    private Operation? OnChanged(Turn turn, Failure? failure)
    {
        if (failure is not null)
        {
            return Undo(turn, failure);
        }

        turn.Observe(seen => seen with { ToRestore = seen.ToRestore.Remove(Container) });
        return this with { At = Stage.Limiting, Wish = LimitRounds.Want(turn) };
    }

    private Operation? OnLimited(Turn turn, LimitsApplied applied)
    {
        if (applied.Failure is { } failure)
        {
            return Undo(turn, failure);
        }

        turn.Persist(new ContainerUpdated { Id = Container });
        return End(turn, new SandboxCommands.Updated([.. Warnings, .. applied.Warnings]));
    }

    private UpdateLimits Undo(Turn turn, Failure failure) => (this with { Failure = Refused(failure.Code, failure.Message) }).Restore(turn);

    private UpdateLimits Restore(Turn turn)
    {
        var container = turn.Record.Containers[Container];
        return this with
        {
            At = Stage.Restoring,
            Call = Set(turn, container, container.Update is { } update ? update.Before : container.Spec.Linux?.Resources),
        };
    }

    private Operation? OnRestored(Turn turn, Failure? failure)
    {
        var isSilent = failure is { Code: FailureCode.Unavailable or FailureCode.DeadlineExceeded or FailureCode.Cancelled };
        turn.Observe(seen => seen with { ToRestore = isSilent ? seen.ToRestore.Add(Container) : seen.ToRestore.Remove(Container) });
        if (isSilent)
        {
            turn.Warn($"the limits of container {Container} in the guest are restored when the agent answers again: {failure!.Message}");
        }

        if (turn.Record.Containers[Container].Update is not null)
        {
            turn.Persist(new ContainerUpdateFailed { Id = Container, Reason = Failure?.Message ?? "it was interrupted" });
            turn.Warn($"the limits of container {Container} are what they were: {Failure?.Message ?? "a change was interrupted"}");
        }

        var wish = LimitRounds.Want(turn);
        return Command is null ? null : this with { At = Stage.LimitingBack, Wish = wish };
    }

    private OperationId Set(Turn turn, ContainerRecord container, ResourcesSpec? resources) => turn.Begin(id => new SetGuestLimits(
        id, Id, Container, GuestSpec.UpdateRequest(resources, GuestPaths.IdOf(container.Key)), GuestQuotas.Of(resources)));

    private Operation? End(Turn turn, object reply)
    {
        if (Command is not null)
        {
            turn.Reply(Command.Waiting, reply);
        }

        return null;
    }

    private Failure NotNow(string why) => Refused(FailureCode.FailedPrecondition, why);

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot update container \"{Container}\": {why}");
}

using System.Collections.Immutable;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Undoes the creation of a container that has joined the sandbox: its remains in the guest and below the share are removed, then the failure is
/// recorded and the id is free. It is repeated until then.
/// </summary>
internal sealed record UndoContainer(OperationId Id, UndoCreation Undo) : Removal(Id, new Remove(Undo.Container, IsWhole: false, Undo.Reason, Undo.Waiting))
{
    private static readonly ImmutableArray<RemovalStage> s_ladder = [new RemovalStages.RemoveFromGuest(isRequired: true), new RemovalStages.Detach()];

    /// <inheritdoc/>
    protected override ImmutableArray<RemovalStage> Ladder => s_ladder;

    /// <inheritdoc/>
    protected override void RecordEnd(Turn turn) => turn.Persist(new ContainerCreateFailed { Id = Command.Container, Reason = Command.Reason });

    /// <inheritdoc/>
    protected override Removal? AfterFailure(Turn turn, string problems) => Rest(turn, problems);
}

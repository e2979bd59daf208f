using System.Collections.Immutable;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>Removes a container from a sandbox that stays. A failed attempt is not repeated.</summary>
internal sealed record RemoveContainer(OperationId Id, Remove Command) : Removal(Id, Command)
{
    private static readonly ImmutableArray<RemovalStage> s_ladder =
        [new RemovalStages.Kill(), new RemovalStages.Drain(), new RemovalStages.RemoveFromGuest(isRequired: false), new RemovalStages.Detach()];

    /// <inheritdoc/>
    protected override ImmutableArray<RemovalStage> Ladder => s_ladder;

    /// <inheritdoc/>
    protected override void RecordEnd(Turn turn) => turn.Persist(new ContainerDeleted { Id = Command.Container });

    /// <inheritdoc/>
    protected override Removal? AfterFailure(Turn turn, string problems) => null;
}

using System.Collections.Immutable;
using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>Removing a container from a sandbox that goes on.</summary>
internal sealed record RemoveContainer(OperationId Id, Remove Command) : Removal(Id, Command)
{
    private static readonly ImmutableArray<RemovalStage> s_ladder =
        [new RemovalStages.Kill(), new RemovalStages.Drain(), new RemovalStages.RemoveFromGuest(), new RemovalStages.Detach()];

    /// <inheritdoc/>
    protected override ImmutableArray<RemovalStage> Ladder => s_ladder;

    /// <inheritdoc/>
    public override IEnumerable<ContainerRecord> Concerned(SandboxRecord record) => record.Containers.TryGetValue(Command.Container, out var container) ? [container] : [];

    /// <inheritdoc/>
    protected override void RecordIntent(Turn turn)
    {
        if (Concerned(turn.Record).Any(container => !container.Deleting))
        {
            turn.Persist(new ContainerDeleteBegun { Id = Command.Container });
        }
    }

    /// <inheritdoc/>
    protected override void RecordEnd(Turn turn) => turn.Persist(new ContainerDeleted { Id = Command.Container });

    /// <inheritdoc/>
    protected override Removal? AfterFailure(Turn turn) => null;
}

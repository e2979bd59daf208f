using System.Collections.Immutable;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>Removes the VM and all containers in it. It is repeated until nothing is left.</summary>
internal sealed record RemoveSandbox(OperationId Id, Remove Command) : Removal(Id, Command)
{
    /// <summary>128 + SIGKILL.</summary>
    private const int Killed = 137;

    private static readonly ImmutableArray<RemovalStage> s_ladder =
    [
        new RemovalStages.Kill(),
        new RemovalStages.Drain(),
        new RemovalStages.LeaveGuest(),
        new RemovalStages.StopVm(),
        new RemovalStages.ReleaseNetwork(),
        new RemovalStages.RemoveCgroups(),
        new RemovalStages.ReleaseDirectory(),
    ];

    /// <inheritdoc/>
    protected override ImmutableArray<RemovalStage> Ladder => s_ladder;

    /// <inheritdoc/>
    public override IEnumerable<ContainerRecord> Concerned(SandboxRecord record) => record.Containers.Values.OrderBy(container => container.Key.Id, StringComparer.Ordinal);

    /// <inheritdoc/>
    protected override void RecordIntent(Turn turn)
    {
        foreach (var round in turn.Operations.OfType<ApplyLimits>().ToArray())
        {
            turn.Advance(round.Id, new StopLimits(new Failure(FailureCode.Unavailable, "its sandbox is being removed")));
        }

        if (!turn.Record.Deleting)
        {
            turn.Persist(new SandboxDeleteBegun { Reason = Command.Reason });
        }
    }

    /// <inheritdoc/>
    protected override void RecordEnd(Turn turn)
    {
        foreach (var container in Concerned(turn.Record).Where(container => container.Status is not (ContainerStatus.Creating or ContainerStatus.Stopped)))
        {
            turn.Persist(new ContainerExited
            {
                Id = container.Key.Id,
                ExitCode = Killed,
                Reason = turn.Record.Reason,
                ExitedUnixNs = JournalTime.ToUnixNs(turn.Now),
            });
        }

        turn.Persist(new SandboxDeleted());
        foreach (var other in turn.Operations.Where(other => other.Id != Id).ToArray())
        {
            other.Abandon(turn, "its sandbox was deleted meanwhile");
            turn.Cancel(other.Id);
        }
    }

    /// <inheritdoc/>
    protected override Removal? AfterFailure(Turn turn, string problems) => Rest(turn, problems);
}

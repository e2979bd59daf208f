using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>
/// Schedules the rounds that apply a sandbox's limits (<see cref="ApplyLimits"/>), one at a time. Wishes for a round are counted; a wish during a
/// round leads to another round. A failed round is repeated after a pause, as long as the VM runs.
/// </summary>
internal sealed record LimitRounds
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    // Most callers delete the sandbox right after the end of its last container; a round would delay that.
    private static readonly TimeSpan s_afterLastEnd = TimeSpan.FromSeconds(1);

    // The number of the latest wish, and of the latest wish that a round has answered.
    private int Wished { get; init; }

    private int Answered { get; init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>
    /// Wishes for a round that covers all events so far. Returns the number of the wish, for comparison with <see cref="LimitsApplied"/>.
    /// </summary>
    public static int Want(Turn turn)
    {
        turn.Rounds = turn.Rounds with { Wished = turn.Rounds.Wished + 1 };
        return turn.Rounds.Wished;
    }

    /// <summary>Wishes for a round, unless an interrupted update is undone first: the end of the undo leads to a round.</summary>
    public static void WantUnlessRestoring(Turn turn)
    {
        if (!turn.Outside.AgentConnected || !turn.Record.Containers.Keys.Any(id => UpdateLimits.IsInterrupted(id, turn)))
        {
            Want(turn);
        }
    }

    /// <summary>Wishes for a round when a quota is enforced both in the guest and on the host.</summary>
    public static void WantWhereLifted(Turn turn)
    {
        var host = CpuLimits.ForKernel(turn.Record, turn.Settings.Cgroups);
        if (turn.Seen.Cgroup?.Limit is not null && turn.Seen.Quotas.NextToLift(turn.Record, host, id => SetGuestLimits.IsUnderWay(id, turn)) is not null)
        {
            Want(turn);
        }
    }

    /// <summary>Begins a wished round, unless one is under way.</summary>
    public static void BeginWanted(Turn turn)
    {
        var wish = turn.Rounds.Wished;
        if (wish == turn.Rounds.Answered || turn.Operations.Any(operation => operation is ApplyLimits))
        {
            return;
        }

        if (IsPossible(turn))
        {
            turn.Begin(id => new ApplyLimits(id, wish));
        }
        else
        {
            turn.Rounds = turn.Rounds with { Answered = wish };
            turn.Signal(new LimitsApplied(wish, new Failure(FailureCode.Unavailable, "its VM has ended or is being removed"), []));
        }
    }

    /// <summary>Ends a round.</summary>
    /// <param name="end">The result.</param>
    /// <param name="isRepeated">Whether a failed round is repeated.</param>
    /// <param name="turn">The decision.</param>
    public static void End(LimitsApplied end, bool isRepeated, Turn turn)
    {
        var pauses = turn.Rounds.Pauses;
        if (end.Failure is { Message: var cause })
        {
            if (cause != pauses.Cause)
            {
                turn.Warn($"the limits are not what they should be: {cause}");
            }

            if (isRepeated && IsPossible(turn))
            {
                RetryLimits.After(pauses.Next, turn);
            }

            pauses = pauses.AfterFailure(cause);
        }
        else
        {
            pauses = pauses.AfterSuccess();
        }

        turn.Rounds = turn.Rounds with { Answered = end.Wish, Pauses = pauses };
        turn.Signal(end);
    }

    /// <summary>Wishes for rounds that follow from events.</summary>
    public static void OnEvents(IReadOnlyCollection<IMessage> events, Turn turn)
    {
        if (turn.Record.Deleted || turn.Record.VmEnded)
        {
            return;
        }

        if (events.Any(e => e is ContainerExited))
        {
            if (turn.Record.Containers.Values.Any(container => IsLive(container, turn)))
            {
                Want(turn);
            }
            else
            {
                RetryLimits.After(s_afterLastEnd, turn);
            }
        }
        else if (events.Any(e => e is ContainerDeleted || (e is ContainerDeleteBegun begun && turn.Record.Containers.GetValueOrDefault(begun.Id)?.Status == ContainerStatus.Creating)))
        {
            Want(turn);
        }
    }

    // Not between two attempts of a removal either: no container counts then, and a VM that could not be ended would run on without a limit. And the fresh actor of
    // the hypervisor that a round would make holds no VM, and says to the next attempt that the VM has ended.
    private static bool IsPossible(Turn turn) => turn.Record is { Vmm: not null, VmEnded: false, Deleting: false };

    private static bool IsLive(ContainerRecord container, Turn turn) =>
        container.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused && turn.Outside.Attended.Contains(container.Key.Id);
}

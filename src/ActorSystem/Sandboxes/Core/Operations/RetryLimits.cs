namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>Wishes for a round of limits after a pause; a later one replaces it.</summary>
internal sealed record RetryLimits(OperationId Id, TimeSpan Pause) : Operation(Id)
{
    /// <summary>Schedules a round after the pause.</summary>
    public static void After(TimeSpan pause, Turn turn)
    {
        foreach (var earlier in turn.Operations.OfType<RetryLimits>().ToArray())
        {
            turn.Cancel(earlier.Id);
        }

        turn.Begin(id => new RetryLimits(id, pause));
    }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        turn.Do(new AwaitedEffect.Pause(new EffectId(Id, 0), Pause));
        return this;
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        if (input is not Overdue)
        {
            return this;
        }

        LimitRounds.Want(turn);
        return null;
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // RetryLimits has no requester.
    }
}

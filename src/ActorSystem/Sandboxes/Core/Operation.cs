namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Work of a sandbox that takes more than one decision: a value with pure transitions.</summary>
/// <param name="Id">The operation's id.</param>
internal abstract record Operation(OperationId Id)
{
    /// <summary>Deadline of work whose actor has a shorter one: it passes only when that actor hangs.</summary>
    protected static readonly TimeSpan Backstop = TimeSpan.FromMinutes(1);

    /// <summary>The number of effects so far.</summary>
    protected int Serial { get; init; }

    /// <summary>The first decision. Returns the next state; null at its end.</summary>
    public abstract Operation? Begin(Turn turn);

    /// <summary>Ends the operation early: its requesters are answered.</summary>
    /// <param name="turn">The decision.</param>
    /// <param name="why">The cause, as the end of a sentence.</param>
    public abstract void Abandon(Turn turn, string why);

    /// <summary>A decision on an input. Returns the next state; null at its end.</summary>
    public abstract Operation? On(Input input, Turn turn);
}

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Work of a sandbox that takes more than one decision: a value, and pure functions from it to the next one.</summary>
/// <param name="Id">Which one.</param>
internal abstract record Operation(OperationId Id)
{
    /// <summary>The deadline of work whose actor has one of its own, so that it passes only when that actor hangs.</summary>
    protected static readonly TimeSpan Backstop = TimeSpan.FromMinutes(1);

    /// <summary>How many effects it has had.</summary>
    protected int Serial { get; init; }

    /// <summary>The first decision. Returns the operation as it goes on; null when it is over.</summary>
    public abstract Operation? Begin(Turn turn);

    /// <summary>It ends before it is done: its requesters are answered.</summary>
    /// <param name="turn">The decision.</param>
    /// <param name="why">Why, as the end of a sentence.</param>
    public abstract void Abandon(Turn turn, string why);

    /// <summary>A decision. Returns the operation as it goes on; null when it is over.</summary>
    public abstract Operation? On(Input input, Turn turn);
}

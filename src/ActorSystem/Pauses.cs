namespace KataActors.Runtime;

/// <summary>The pauses between attempts that fail, each twice as long as the one before: a value.</summary>
/// <param name="First">After the first failure.</param>
/// <param name="Longest">However many follow.</param>
internal sealed record Pauses(TimeSpan First, TimeSpan Longest)
{
    /// <summary>After the next failure.</summary>
    public TimeSpan Next { get; private init; } = First;

    /// <summary>Why the last attempt failed; empty when it did not.</summary>
    public string Cause { get; private init; } = "";

    /// <summary>An attempt failed: the pause before the next one is <see cref="Next"/> as it was before.</summary>
    public Pauses AfterFailure(string cause) => this with { Cause = cause, Next = Next * 2 < Longest ? Next * 2 : Longest };

    /// <summary>An attempt succeeded.</summary>
    public Pauses AfterSuccess() => new(First, Longest);
}

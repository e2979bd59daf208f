namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The pause after an attempt that failed: each twice as long as the one before. As <see cref="Backoff"/>, but a value.</summary>
/// <param name="First">After the first failure.</param>
/// <param name="Longest">However many follow.</param>
/// <param name="Next">After the next failure.</param>
/// <param name="Cause">Why the last attempt failed; empty when it did not.</param>
internal readonly record struct RetryPause(TimeSpan First, TimeSpan Longest, TimeSpan Next, string Cause)
{
    /// <summary>Before the first attempt.</summary>
    public static RetryPause Of(TimeSpan first, TimeSpan longest) => new(first, longest, first, "");

    /// <summary>After a success.</summary>
    public RetryPause Succeeded => Of(First, Longest);

    /// <summary>After a failure.</summary>
    public RetryPause Failed(string cause) => this with { Next = Next * 2 < Longest ? Next * 2 : Longest, Cause = cause };
}

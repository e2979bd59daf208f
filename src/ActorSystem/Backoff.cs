namespace KataActors.Runtime;

/// <summary>The pauses between failed attempts; each is twice as long as the previous one. Not thread-safe.</summary>
/// <param name="first">The pause after the first failure.</param>
/// <param name="longest">The upper bound of the doubling.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    /// <summary>The cause of the last attempt's failure; empty after a success.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>An attempt failed. Returns the pause before the next one.</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="isNewCause">False when the previous attempt failed for the same cause, so that it is logged once.</param>
    public TimeSpan Fail(string cause, out bool isNewCause)
    {
        isNewCause = cause != Cause;
        Cause = cause;
        var pause = _next ?? first;
        _next = pause * 2 < longest ? pause * 2 : longest;
        return pause;
    }

    /// <summary>An attempt succeeded. False when the one before had, too.</summary>
    public bool Succeed()
    {
        var hadFailed = Cause.Length > 0;
        (Cause, _next) = ("", null);
        return hadFailed;
    }
}

namespace KataActors.Runtime;

/// <summary>The pauses between attempts that fail, each twice as long as the one before. Not safe for several threads.</summary>
/// <param name="first">After the first failure.</param>
/// <param name="longest">However many follow.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private TimeSpan? _next;

    /// <summary>Why the last attempt failed; empty when it did not.</summary>
    public string Cause { get; private set; } = "";

    /// <summary>An attempt failed. Returns how long to wait before the next one.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="isNews">Whether the attempt before did not fail for this cause: a log says it once.</param>
    public TimeSpan Fail(string cause, out bool isNews)
    {
        isNews = cause != Cause;
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

namespace KataActors.Runtime;

/// <summary>The <see cref="Pauses"/> of an actor that tries again. Not safe for several threads.</summary>
/// <param name="first">After the first failure.</param>
/// <param name="longest">However many follow.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private Pauses _pauses = new(first, longest);

    /// <summary>Why the last attempt failed; empty when it did not.</summary>
    public string Cause => _pauses.Cause;

    /// <summary>An attempt failed. Returns how long to wait before the next one.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="isNews">Whether the attempt before did not fail for this cause: a log says it once.</param>
    public TimeSpan Fail(string cause, out bool isNews)
    {
        isNews = cause != Cause;
        var pause = _pauses.Next;
        _pauses = _pauses.AfterFailure(cause);
        return pause;
    }

    /// <summary>An attempt succeeded. False when the one before had, too.</summary>
    public bool Succeed()
    {
        var hadFailed = Cause.Length > 0;
        _pauses = _pauses.AfterSuccess();
        return hadFailed;
    }
}

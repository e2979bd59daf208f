namespace KataActors.Runtime;

/// <summary>The <see cref="Pauses"/> of an actor between its failed attempts. Not thread-safe.</summary>
/// <param name="first">The pause after the first failure.</param>
/// <param name="longest">The upper bound of the doubling.</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest)
{
    private Pauses _pauses = new(first, longest);

    /// <summary>The cause of the last attempt's failure; empty after a success.</summary>
    public string Cause => _pauses.Cause;

    /// <summary>An attempt failed. Returns the pause before the next one.</summary>
    /// <param name="cause">The cause.</param>
    /// <param name="isNewCause">False when the previous attempt failed for the same cause, so that it is logged once.</param>
    public TimeSpan Fail(string cause, out bool isNewCause)
    {
        isNewCause = cause != Cause;
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

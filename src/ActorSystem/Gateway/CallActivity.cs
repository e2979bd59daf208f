namespace KataActors.Runtime.Gateway;

/// <summary>Counts the calls in flight and remembers the end of the last one, for the decision to exit when idle. Thread-safe.</summary>
internal sealed class CallActivity(TimeProvider clock)
{
    private long _inFlight;
    private long _lastTimestamp = clock.GetTimestamp();

    /// <summary>A call has begun.</summary>
    public void Begin() => Interlocked.Increment(ref _inFlight);

    /// <summary>It has ended.</summary>
    public void End()
    {
        Touch();
        Interlocked.Decrement(ref _inFlight);
    }

    /// <summary>Something happened that counts as a call.</summary>
    public void Touch() => Interlocked.Exchange(ref _lastTimestamp, clock.GetTimestamp());

    /// <summary>The time since the last call; zero while a call is in flight.</summary>
    public TimeSpan Quiet =>
        Interlocked.Read(ref _inFlight) > 0 ? TimeSpan.Zero : clock.GetElapsedTime(Interlocked.Read(ref _lastTimestamp));
}

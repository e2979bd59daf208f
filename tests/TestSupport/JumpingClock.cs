namespace KataActors.TestSupport;

/// <summary>A clock whose wall time can be set; its timestamps advance only when the test says so.</summary>
public sealed class JumpingClock : TimeProvider
{
    private long _timestamp;
    private DateTimeOffset _wall = DateTimeOffset.UnixEpoch.AddYears(50);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _timestamp);

    public override DateTimeOffset GetUtcNow() => _wall;

    /// <summary>Sets the wall clock, forward or back; no time passes.</summary>
    public void Jump(TimeSpan by) => _wall += by;

    /// <summary>Lets time pass, on both.</summary>
    public void Pass(TimeSpan time)
    {
        Interlocked.Add(ref _timestamp, time.Ticks);
        _wall += time;
    }
}

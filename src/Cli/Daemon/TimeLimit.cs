using System.Diagnostics;

namespace KataActors.Cli.Daemon;

/// <summary>A span of time that begins with this object, by the monotonic clock.</summary>
internal sealed class TimeLimit(TimeSpan span)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>The whole span.</summary>
    public TimeSpan Span => span;

    /// <summary>The remaining time; never negative.</summary>
    public TimeSpan Left => span - Stopwatch.GetElapsedTime(_start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    public bool IsOver => Left == TimeSpan.Zero;

    /// <summary>The shorter of <paramref name="time"/> and the remaining time.</summary>
    public TimeSpan Cap(TimeSpan time) => Left is var left && left < time ? left : time;
}

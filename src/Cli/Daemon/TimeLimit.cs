using System.Diagnostics;

namespace KataActors.Cli.Daemon;

/// <summary>A span of time that began when this was made, by the monotonic clock.</summary>
internal sealed class TimeLimit(TimeSpan span)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>The whole of it.</summary>
    public TimeSpan Span => span;

    /// <summary>What is left; never negative.</summary>
    public TimeSpan Left => span - Stopwatch.GetElapsedTime(_start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    public bool IsOver => Left == TimeSpan.Zero;

    /// <summary>The shorter one of <paramref name="time"/> and what is left.</summary>
    public TimeSpan Cap(TimeSpan time) => Left is var left && left < time ? left : time;
}

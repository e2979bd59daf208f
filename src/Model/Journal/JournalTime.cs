namespace KataActors.Model.Journal;

/// <summary>Converts times to and from the journal's format.</summary>
public static class JournalTime
{
    /// <summary>Nanoseconds since the epoch.</summary>
    public static long ToUnixNs(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>The time that many nanoseconds after the epoch.</summary>
    public static DateTimeOffset FromUnixNs(long ns) => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(ns / TimeSpan.NanosecondsPerTick);

    /// <summary>The step as it is journaled, in microseconds.</summary>
    public static StepRecord ToRecord(StepTiming timing) => new()
    {
        Step = timing.Step,
        StartUs = (long)timing.Start.TotalMicroseconds,
        DurationUs = (long)timing.Duration.TotalMicroseconds,
    };

    /// <summary>The journaled step.</summary>
    public static StepTiming ToTiming(StepRecord record) =>
        new(record.Step, TimeSpan.FromMicroseconds(record.StartUs), TimeSpan.FromMicroseconds(record.DurationUs));
}

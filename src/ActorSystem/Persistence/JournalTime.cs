using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Persistence;

/// <summary>Converts times to and from the journal's format.</summary>
internal static class JournalTime
{
    public static long ToUnixNs(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;

    public static DateTimeOffset FromUnixNs(long ns) => DateTimeOffset.UnixEpoch + TimeSpan.FromTicks(ns / TimeSpan.NanosecondsPerTick);

    public static StepRecord ToRecord(StepTiming timing) => new()
    {
        Step = timing.Step,
        StartUs = (long)timing.Start.TotalMicroseconds,
        DurationUs = (long)timing.Duration.TotalMicroseconds,
    };

    public static StepTiming ToTiming(StepRecord record) =>
        new(record.Step, TimeSpan.FromMicroseconds(record.StartUs), TimeSpan.FromMicroseconds(record.DurationUs));
}

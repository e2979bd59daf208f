namespace KataActors.Protocol.Channel;

/// <summary>How long one try of the host waits for the guest's echo, and how long it stays away after it; both double up to a limit.</summary>
internal sealed record ChannelTiming(TimeSpan FirstTry, TimeSpan LongestTry, TimeSpan FirstPause, TimeSpan LongestPause)
{
    private const int MostDoublings = 16;

    /// <summary>
    /// The first try is short, because a guest that missed the last host's leaving in the middle of a frame answers only the second one;
    /// later ones are long, because the answer of a guest that still boots, or is starved, takes its time.
    /// </summary>
    public static ChannelTiming Default { get; } = new(
        TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(8), TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));

    public TimeSpan Try(int attempt) => Doubled(FirstTry, attempt, LongestTry);

    public TimeSpan Pause(int attempt) => Doubled(FirstPause, attempt, LongestPause);

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan limit)
    {
        var value = first * Math.Pow(2, Math.Min(times, MostDoublings));
        return value < limit ? value : limit;
    }
}

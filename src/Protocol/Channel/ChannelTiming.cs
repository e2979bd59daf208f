namespace KataActors.Protocol.Channel;

/// <summary>The time of one try of the host to get the guest's echo, and the pause after it; both double up to a limit.</summary>
public sealed record ChannelTiming(TimeSpan FirstTry, TimeSpan LongestTry, TimeSpan FirstPause, TimeSpan LongestPause)
{
    private const int MostDoublings = 16;

    private static readonly TimeSpan s_longestTry = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    /// <summary>For a guest that boots and has had no host before: it answers the first try as soon as it is up, so the first try is long.</summary>
    public static ChannelTiming Boot { get; } = new(s_longestTry, s_longestTry, s_firstPause, s_longestPause);

    /// <summary>
    /// For a guest that has had a host. The first try is short, because a guest that missed the end of that host within a frame answers
    /// only the second one; later tries are long, because a guest with little CPU time answers late.
    /// </summary>
    public static ChannelTiming Reconnect { get; } = new(TimeSpan.FromMilliseconds(250), s_longestTry, s_firstPause, s_longestPause);

    internal TimeSpan Try(int attempt) => Doubled(FirstTry, attempt, LongestTry);

    internal TimeSpan Pause(int attempt) => Doubled(FirstPause, attempt, LongestPause);

    private static TimeSpan Doubled(TimeSpan first, int times, TimeSpan limit)
    {
        var value = first * Math.Pow(2, Math.Min(times, MostDoublings));
        return value < limit ? value : limit;
    }
}

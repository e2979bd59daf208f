namespace KataActors.Cli.Daemon;

/// <summary>The deadlines of this side. The daemon's own are shorter, and their errors name the late step.</summary>
internal static class Deadlines
{
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Query = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Create = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Change = TimeSpan.FromMinutes(2);

    /// <summary>A start, with the hooks that the guest runs.</summary>
    public static readonly TimeSpan Start = TimeSpan.FromMinutes(3);

    /// <summary>The daemon itself gives up a minute after it has begun to read its journal; until then a second one would only take its CPU.</summary>
    public static readonly TimeSpan DaemonStart = TimeSpan.FromMinutes(3);
    public static readonly TimeSpan HostQuestion = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan StandInStart = TimeSpan.FromSeconds(30);

    /// <summary>The time of a stand-in's long polls in the daemon, and how much later they are given up here.</summary>
    public static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan LongPollGrace = TimeSpan.FromSeconds(20);
}

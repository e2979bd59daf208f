namespace KataActors.Cli.Daemon;

/// <summary>How long this side waits. The daemon's own deadlines are shorter and name the step that took too long.</summary>
internal static class Deadlines
{
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Query = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Create = TimeSpan.FromMinutes(5);
    public static readonly TimeSpan Change = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan DaemonStart = TimeSpan.FromSeconds(60);
    public static readonly TimeSpan StandInStart = TimeSpan.FromSeconds(30);

    /// <summary>What a stand-in's waiting calls may take in the daemon, and how much later they are given up here.</summary>
    public static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan LongPollGrace = TimeSpan.FromSeconds(20);
}

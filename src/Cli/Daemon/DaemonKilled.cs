namespace KataActors.Cli.Daemon;

/// <summary>The daemon was killed while this command started it: another start may succeed.</summary>
internal sealed class DaemonKilled(string message) : CommandFailure(message);

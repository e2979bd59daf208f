namespace KataActors.Runtime.Hosting;

/// <summary>What the command line of <c>kata-actorsd</c> says.</summary>
/// <param name="Paths">Where the daemon lives.</param>
/// <param name="ConfigFile">A configuration file that must exist; null for the usual one, if it is there.</param>
/// <param name="LogFile">Overrides the configured log file.</param>
/// <param name="Debug">Overrides the configured level.</param>
/// <param name="Answer">What to print instead of running.</param>
public sealed record DaemonOptions(DaemonPaths Paths, string? ConfigFile, string? LogFile, bool Debug, DaemonAnswer Answer)
{
    /// <summary>Where the socket is by default.</summary>
    public const string DefaultSocket = "/run/kata-actors/daemon.sock";

    /// <summary>The state directory of the daemon at the default address.</summary>
    public const string DefaultStateDirectory = "/var/lib/kata-actors";

    /// <summary>The configuration that is used when it exists and no other is named.</summary>
    public const string DefaultConfigFile = "/etc/kata-actors/kata-actors.conf";

    /// <summary>Parses the command line. Relative paths start at the working directory.</summary>
    /// <exception cref="UsageException">It is wrong.</exception>
    public static DaemonOptions Parse(IReadOnlyList<string> arguments) => new DaemonCommandLine().Read(arguments);
}

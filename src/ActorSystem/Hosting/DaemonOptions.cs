namespace KataActors.Runtime.Hosting;

/// <summary>The command line of <c>kata-actorsd</c>.</summary>
/// <param name="Paths">The files of the daemon.</param>
/// <param name="ConfigFile">A configuration file that must exist; null for the default one, if present.</param>
/// <param name="LogFile">Overrides the configured log file.</param>
/// <param name="Debug">Overrides the configured level.</param>
/// <param name="Answer">An output instead of running.</param>
public sealed record DaemonOptions(DaemonPaths Paths, string? ConfigFile, string? LogFile, bool Debug, DaemonAnswer Answer)
{
    /// <summary>The default socket.</summary>
    public const string DefaultSocket = "/run/kata-actors/daemon.sock";

    /// <summary>The state directory of the daemon at the default socket.</summary>
    public const string DefaultStateDirectory = "/var/lib/kata-actors";

    /// <summary>The default configuration file; optional.</summary>
    public const string DefaultConfigFile = "/etc/kata-actors/kata-actors.conf";

    /// <summary>The form of the output.</summary>
    public AnswerFormat Format { get; init; }

    /// <summary>The flags that give the same daemon at the same address again.</summary>
    public IEnumerable<string> Flags =>
    [
        .. Paths.StateDirectory == DefaultState(Paths.Socket) ? [] : new[] { "--state-directory", Paths.StateDirectory },
        .. ConfigFile is null ? [] : new[] { "--config", ConfigFile },
        .. LogFile is null ? [] : new[] { "--log", LogFile },
        .. Debug ? new[] { "--debug" } : [],
    ];

    /// <summary>The state directory of the daemon at a socket, unless another one is given.</summary>
    internal static string DefaultState(string socket) =>
        socket == DefaultSocket ? DefaultStateDirectory : Path.Combine(Path.GetDirectoryName(socket)!, "state");

    /// <summary>The default configuration file, if it exists.</summary>
    internal static string? UsualConfigFile() => File.Exists(DefaultConfigFile) ? DefaultConfigFile : null;

    /// <summary>Parses the command line. Relative paths start at the working directory.</summary>
    /// <exception cref="UsageException">The command line is wrong.</exception>
    public static DaemonOptions Parse(IReadOnlyList<string> arguments) => new DaemonCommandLine().Read(arguments);
}

namespace KataActors.Runtime.Hosting;

/// <summary>The command line of <c>kata-actorsd</c>.</summary>
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

    /// <summary>The text for <c>--help</c>.</summary>
    public const string Help = $"""
        kata-actorsd: the daemon of kata-actors; its commands start it on demand

        usage: kata-actorsd [option...]

          --address SOCKET         control socket (default {DefaultSocket})
          --state-directory DIR    journal and log (default {DefaultStateDirectory};
                                   for another address "state" beside its socket)
          --config FILE            configuration
                                   (default {DefaultConfigFile}, if it exists)
          --log FILE               log file instead of the configured one
          --debug                  log at level debug
          --help                   print this
          --version                print the version

        """;

    /// <summary>Parses the command line. Relative paths start at the working directory.</summary>
    /// <exception cref="UsageException">It is wrong.</exception>
    public static DaemonOptions Parse(IReadOnlyList<string> arguments)
    {
        string? address = null, stateDirectory = null, config = null, log = null;
        var debug = false;
        var answer = DaemonAnswer.None;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var equals = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOf('=') : -1;
            var name = equals < 0 ? argument : argument[..equals];
            switch (name)
            {
                case "--address":
                    address = FilePath(name, Value());
                    break;
                case "--state-directory":
                    stateDirectory = FilePath(name, Value());
                    break;
                case "--config":
                    config = FilePath(name, Value());
                    break;
                case "--log":
                    log = FilePath(name, Value());
                    break;
                case "--debug" when equals < 0:
                    debug = true;
                    break;
                case "--help" or "-h" when equals < 0:
                    answer = DaemonAnswer.Help;
                    break;
                case "--version" or "-v" when equals < 0:
                    answer = DaemonAnswer.Version;
                    break;
                default:
                    throw new UsageException($"unknown argument \"{argument}\"");
            }

            string Value() => equals >= 0 ? argument[(equals + 1)..]
                : ++i < arguments.Count ? arguments[i]
                : throw new UsageException($"option {name} needs a value");
        }

        address ??= DefaultSocket;
        stateDirectory ??= address == DefaultSocket ? DefaultStateDirectory : Path.Combine(Path.GetDirectoryName(address)!, "state");
        return new DaemonOptions(new DaemonPaths(address, stateDirectory), config, log, debug, answer);
    }

    private static string FilePath(string option, string text)
    {
        if (text.Length == 0 || text.Contains('\0'))
        {
            throw new UsageException($"option {option} needs a path");
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));
        return path == "/" ? throw new UsageException($"option {option}: \"{text}\" is the root directory") : path;
    }
}

/// <summary>What the command line asks to print.</summary>
public enum DaemonAnswer
{
    None,
    Help,
    Version,
}

using System.CommandLine;

namespace KataActors.Cli;

/// <summary>The flags before the verb, with runc's meaning.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string> _root = new("--root")
    {
        Description = "id space: containers of another root are not visible",
        HelpName = "path",
        DefaultValueFactory = _ => GlobalValues.DefaultRoot,
    };

    private readonly Option<string> _address = new("--address")
    {
        Description = "socket of the daemon, which is started when no daemon answers there",
        HelpName = "path",
        DefaultValueFactory = _ => GlobalValues.DefaultAddress,
    };

    private readonly Option<string?> _log = new("--log") { Description = "also write errors and warnings to this file", HelpName = "file" };

    private readonly Option<string> _logFormat = new("--log-format")
    {
        Description = "format of the log: text or json",
        HelpName = "format",
        DefaultValueFactory = _ => "text",
        CompletionSources = { "text", "json" },
    };

    private readonly Option<bool> _debug = CommandParts.Flag("--debug", "write debug messages to the log");

    /// <summary>Adds them to the root command, and flags without effect that callers pass to every runtime.</summary>
    public void AddTo(RootCommand command)
    {
        command.Options.Add(_root);
        command.Options.Add(_address);
        command.Options.Add(_log);
        command.Options.Add(_logFormat);
        command.Options.Add(_debug);
        command.Options.Add(CommandParts.Flag("--systemd-cgroup", "accepted and without effect: cgroups are made directly"));
        command.Options.Add(new Option<string?>("--criu") { Description = "accepted and without effect", Hidden = true });
        command.Options.Add(new Option<string?>("--rootless") { Description = "accepted and without effect", Hidden = true });
    }

    /// <summary>Checks and completes the given values.</summary>
    /// <exception cref="CommandFailure">A value is wrong.</exception>
    public GlobalValues Read(ParseResult parsed)
    {
        var format = parsed.GetValue(_logFormat);
        if (format is not ("text" or "json"))
        {
            throw CommandFailure.OfUsage($"--log-format \"{format}\" is unknown: text or json is possible");
        }

        return new GlobalValues
        {
            Root = AbsolutePath("--root", parsed.GetValue(_root)),
            Address = AbsolutePath("--address", parsed.GetValue(_address)),
            LogFile = parsed.GetValue(_log) is { } log ? AbsolutePath("--log", log) : null,
            JsonLog = format == "json",
            Debug = parsed.GetValue(_debug),
        };
    }

    private static string AbsolutePath(string option, string? path) => string.IsNullOrEmpty(path)
        ? throw CommandFailure.OfUsage($"{option} is empty")
        : Path.GetFullPath(path);
}

/// <summary>The global flags' values.</summary>
internal sealed record GlobalValues
{
    public const string DefaultRoot = "/run/kata-actors";
    public const string DefaultAddress = "/run/kata-actors/daemon.sock";

    /// <summary>Id space; compared as text, never opened.</summary>
    public required string Root { get; init; }

    public required string Address { get; init; }

    public string? LogFile { get; init; }

    public bool JsonLog { get; init; }

    public bool Debug { get; init; }
}

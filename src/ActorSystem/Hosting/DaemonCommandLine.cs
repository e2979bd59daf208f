using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;

namespace KataActors.Runtime.Hosting;

/// <summary>The flags of <c>kata-actorsd</c>. The last occurrence of a repeated flag counts.</summary>
internal sealed class DaemonCommandLine
{
    private const string Name = "kata-actorsd";
    private const int HelpWidth = 100;

    // A leading @ is part of a name, not a response file.
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    private readonly Option<string[]> _address = PathOption("--address", "socket", $"control socket (default {DaemonOptions.DefaultSocket})");

    private readonly Option<string[]> _state = PathOption(
        "--state-directory", "folder", $"journal and log (default {DaemonOptions.DefaultStateDirectory}; for another address \"state\" beside its socket)");

    private readonly Option<string[]> _config = PathOption("--config", "file", $"configuration (default {DaemonOptions.DefaultConfigFile}, if it exists)");
    private readonly Option<string[]> _log = PathOption("--log", "file", "log file instead of the configured one");
    private readonly Option<bool> _debug = Flag("--debug", "log at level debug");
    private readonly Option<AnswerFormat?> _check = FormatOption("--check", "say what this host lacks to run containers, and exit");
    private readonly Option<AnswerFormat?> _environment = FormatOption("--environment", "print the configuration in effect and this host, and exit");
    private readonly Option<bool> _version = Flag("--version", "print the version", "-v");

    // A fixed width, because querying the terminal changes its state.
    private readonly HelpOption _help = new("--help", "-h") { Description = "print this", Action = new HelpAction { MaxWidth = HelpWidth } };

    private readonly Command _command;

    public DaemonCommandLine() => _command = new Command(Name, "the daemon of kata-actors; its commands start it on demand")
    {
        _address, _state, _config, _log, _debug, _check, _environment, _help, _version,
    };

    /// <summary>The text for <c>--help</c>.</summary>
    public string Help()
    {
        using var text = new StringWriter();
        _command.Parse(["--help"], s_parsing).Invoke(new InvocationConfiguration { Output = text });
        return text.ToString();
    }

    /// <summary>Reads a command line. Relative paths start at the working directory.</summary>
    /// <exception cref="UsageException">The command line is wrong.</exception>
    public DaemonOptions Read(IReadOnlyList<string> arguments)
    {
        RefuseEmptyPaths(arguments);
        var parsed = _command.Parse(arguments, s_parsing);
        if (parsed.UnmatchedTokens is [var unknown, ..])
        {
            throw new UsageException($"unknown argument \"{Spelled(unknown, arguments)}\"");
        }

        if (parsed.Errors is [var error, ..])
        {
            throw new UsageException(error.SymbolResult is OptionResult option ? $"option {option.Option.Name} needs a value" : error.Message);
        }

        var address = FilePath(parsed, _address) ?? DaemonOptions.DefaultSocket;
        var state = FilePath(parsed, _state) ?? DaemonOptions.DefaultState(address);
        return new DaemonOptions(new DaemonPaths(address, state), FilePath(parsed, _config), FilePath(parsed, _log), parsed.GetValue(_debug), AnswerOf(parsed))
        {
            Format = parsed.GetValue(_check) ?? parsed.GetValue(_environment) ?? default,
        };
    }

    private DaemonAnswer AnswerOf(ParseResult parsed) =>
        parsed.GetResult(_help) is not null ? DaemonAnswer.Help
        : parsed.GetValue(_version) ? DaemonAnswer.Version
        : parsed.GetValue(_check) is not null ? DaemonAnswer.Check
        : parsed.GetValue(_environment) is not null ? DaemonAnswer.Environment
        : DaemonAnswer.None;

    // The parser would take the next word as the value.
    private void RefuseEmptyPaths(IReadOnlyList<string> arguments)
    {
        foreach (var option in _command.Options.OfType<Option<string[]>>().Where(option => arguments.Contains($"{option.Name}=")))
        {
            throw new UsageException($"option {option.Name} needs a path");
        }
    }

    private static Option<string[]> PathOption(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value, Arity = ArgumentArity.OneOrMore };

    private static Option<AnswerFormat?> FormatOption(string name, string description) =>
        new(name) { Description = description, HelpName = "text, verbose or json", Arity = ArgumentArity.ExactlyOne };

    private static Option<bool> Flag(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, Arity = ArgumentArity.Zero };

    // The parser reports only the part after the equals sign for a flag without a value.
    private static string Spelled(string token, IReadOnlyList<string> arguments) =>
        arguments.FirstOrDefault(argument => argument == token || argument.EndsWith($"={token}", StringComparison.Ordinal)) ?? token;

    private static string? FilePath(ParseResult parsed, Option<string[]> option)
    {
        if (parsed.GetValue(option) is not [.., var text])
        {
            return null;
        }

        if (text.Length == 0 || text.Contains('\0'))
        {
            throw new UsageException($"option {option.Name} needs a path");
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(text));
        return path == "/" ? throw new UsageException($"option {option.Name}: \"{text}\" is the root directory") : path;
    }
}

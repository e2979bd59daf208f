using System.CommandLine;
using KataActors.Cli.Terminals;

namespace KataActors.Cli.Commands;

/// <summary>The flags by which callers of <c>create</c>, <c>run</c> and <c>exec</c> say how they attend a process.</summary>
internal sealed class CallerOptions(string process)
{
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = $"write the pid of the {process}'s stand-in to this file", HelpName = "file" };
    private readonly Option<string?> _consoleSocket = new("--console-socket")
    {
        Description = "send the master of the process's terminal to the socket at this path",
        HelpName = "path",
    };

    private readonly Option<string?> _console = new("--console") { Description = "path of the terminal that the process is to have on this side", HelpName = "path" };
    private readonly Option<int> _preserveFds = new("--preserve-fds") { Description = "only 0 is possible", HelpName = "n" };

    public void AddTo(Command command)
    {
        command.Options.Add(_pidFile);
        command.Options.Add(_consoleSocket);
        command.Options.Add(_console);
        command.Options.Add(_preserveFds);
    }

    /// <summary>The path of the pid file, or null.</summary>
    /// <exception cref="CommandFailure">Something is not supported.</exception>
    public string? ReadPidFile(ParseResult parsed)
    {
        if (parsed.GetValue(_preserveFds) is not 0 and var count)
        {
            throw new CommandFailure($"{_preserveFds.Name} {count}: descriptors cannot be passed into a virtual machine");
        }

        return parsed.GetValue(_pidFile);
    }

    /// <summary>How the caller wants to have a terminal. As for runc, an empty path is none.</summary>
    public TerminalFlags ReadTerminal(ParseResult parsed, bool isDetached) => new(Path(parsed, _consoleSocket), Path(parsed, _console), isDetached);

    private static string? Path(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { Length: > 0 } path ? path : null;
}

using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary>The flags by which callers of <c>create</c>, <c>run</c> and <c>exec</c> say how they attend a process.</summary>
internal sealed class CallerOptions(string process)
{
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = $"write the pid of the {process}'s stand-in to this file", HelpName = "file" };
    private readonly Option<string?> _consoleSocket = new("--console-socket") { Description = "refused: terminals are not supported yet", HelpName = "path" };
    private readonly Option<int> _preserveFds = new("--preserve-fds") { Description = "only 0 is possible", HelpName = "n" };

    public void AddTo(Command command)
    {
        command.Options.Add(_pidFile);
        command.Options.Add(_consoleSocket);
        command.Options.Add(_preserveFds);
    }

    /// <summary>The path of the pid file, or null.</summary>
    /// <exception cref="CommandFailure">Something is not supported.</exception>
    public string? ReadPidFile(ParseResult parsed)
    {
        if (parsed.GetValue(_consoleSocket) is not null)
        {
            throw new CommandFailure($"{_consoleSocket.Name}: terminals are not supported yet");
        }

        if (parsed.GetValue(_preserveFds) is not 0 and var count)
        {
            throw new CommandFailure($"{_preserveFds.Name} {count}: descriptors cannot be passed into a virtual machine");
        }

        return parsed.GetValue(_pidFile);
    }
}

using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary>The flags of <c>exec</c>: how the caller attends the process, and the process itself, by a file or by what differs from the container's first one.</summary>
internal sealed class ExecOptions
{
    private readonly Argument<string?> _id = CommandParts.IdArgument();
    private readonly Argument<string[]> _command = new("command")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "program and arguments; all words after the container id belong to it",
    };

    private readonly Option<string?> _file = new("--process", "-p") { Description = "file with the whole process as JSON, in place of a command and its flags", HelpName = "file" };
    private readonly Option<bool> _tty = CommandParts.Flag("--tty", "give the process a terminal", "-t");
    private readonly Option<string[]> _cgroup = new("--cgroup") { Description = "refused: a process runs in the cgroup of its container", HelpName = "path" };
    private readonly Option<bool> _ignorePaused = CommandParts.Flag("--ignore-paused", "wait while the container is paused, instead of a failure");
    private readonly CallerOptions _caller = new("process");
    private readonly ProcessOptions _process = new();

    public void AddTo(Command command)
    {
        command.Arguments.Add(_id);
        command.Arguments.Add(_command);
        command.Options.Add(_file);
        _caller.AddTo(command);
        _process.AddTo(command);
        command.Options.Add(_tty);
        command.Options.Add(_cgroup);
        command.Options.Add(_ignorePaused);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="context">The command.</param>
    /// <param name="isDetached">The command does not wait for the process.</param>
    /// <exception cref="CommandFailure">A value is invalid, or cannot be followed.</exception>
    public ContainerExec Read(ParseResult parsed, CommandContext context, bool isDetached)
    {
        var id = parsed.Id(_id);
        var pidFile = _caller.ReadPidFile(parsed);
        if (parsed.GetValue(_cgroup) is { Length: > 0 } groups)
        {
            throw new CommandFailure($"{_cgroup.Name} \"{groups[0]}\": a process runs in the cgroup of its container");
        }

        var (file, args) = (parsed.GetValue(_file), parsed.GetValue(_command) ?? []);
        if (file is null && args.Length == 0)
        {
            throw CommandFailure.OfUsage($"\"exec\" needs a command, or {_file.Name}");
        }

        if (file is not null && (args.Length > 0 ? "a command" : _process.FirstGiven(parsed)) is { } other)
        {
            throw CommandFailure.OfUsage($"{_file.Name} and {other} are not possible together: the file holds the whole process");
        }

        var change = _process.Read(parsed, args) with { Terminal = parsed.GetValue(_tty) };
        return new ContainerExec(context, id, file, change, pidFile, _caller.ReadTerminal(parsed, isDetached), parsed.GetValue(_ignorePaused));
    }
}

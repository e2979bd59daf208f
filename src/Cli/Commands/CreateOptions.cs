using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary>The flags that <c>create</c> and <c>run</c> share.</summary>
internal sealed class CreateOptions
{
    private readonly Argument<string?> _id = CommandParts.IdArgument();
    private readonly Option<string> _bundle = CommandParts.BundleOption();
    private readonly Option<string?> _pidFile = new("--pid-file") { Description = "write the pid of the container's stand-in to this file", HelpName = "file" };
    private readonly Option<string?> _consoleSocket = new("--console-socket") { Description = "refused: terminals are not supported yet", HelpName = "path" };
    private readonly Option<int> _preserveFds = new("--preserve-fds") { Description = "only 0 is possible", HelpName = "n" };

    /// <summary>Adds them, and flags without effect that callers pass to every runtime.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_id);
        command.Options.Add(_bundle);
        command.Options.Add(_pidFile);
        command.Options.Add(_consoleSocket);
        command.Options.Add(_preserveFds);
        command.Options.Add(CommandParts.Flag("--no-pivot", "accepted and without effect"));
        command.Options.Add(CommandParts.Flag("--no-new-keyring", "accepted and without effect"));
    }

    /// <exception cref="CommandFailure">A value is invalid, or not supported yet.</exception>
    public ContainerCreation Read(ParseResult parsed, CommandContext context)
    {
        var id = parsed.Id(_id);
        if (parsed.GetValue(_consoleSocket) is not null)
        {
            throw new CommandFailure("--console-socket: terminals are not supported yet");
        }

        if (parsed.GetValue(_preserveFds) is not 0 and var count)
        {
            throw new CommandFailure($"--preserve-fds {count}: descriptors cannot be passed into a virtual machine");
        }

        return new ContainerCreation(context, id, parsed.GetValue(_bundle)!, parsed.GetValue(_pidFile));
    }
}

using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary>The flags that <c>create</c> and <c>run</c> share.</summary>
internal sealed class CreateOptions
{
    private readonly Argument<string?> _id = CommandParts.IdArgument();
    private readonly Option<string> _bundle = CommandParts.BundleOption();
    private readonly CallerOptions _caller = new("container");

    /// <summary>Adds them, and flags without effect that callers pass to every runtime.</summary>
    public void AddTo(Command command)
    {
        command.Arguments.Add(_id);
        command.Options.Add(_bundle);
        _caller.AddTo(command);
        command.Options.Add(CommandParts.Flag("--no-pivot", "accepted and without effect"));
        command.Options.Add(CommandParts.Flag("--no-new-keyring", "accepted and without effect"));
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="context">The command.</param>
    /// <param name="isDetached">The command does not wait for the process.</param>
    /// <exception cref="CommandFailure">A value is invalid, or cannot be followed.</exception>
    public ContainerCreation Read(ParseResult parsed, CommandContext context, bool isDetached) =>
        new(context, parsed.Id(_id), parsed.GetValue(_bundle)!, _caller.ReadPidFile(parsed), _caller.ReadTerminal(parsed, isDetached));
}

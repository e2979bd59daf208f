using System.CommandLine;
using KataActors.Cli.Daemon;

namespace KataActors.Cli.Commands;

/// <summary><c>resume ID</c>: lets the processes of a paused container go on.</summary>
internal static class ResumeCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var command = new Command("resume", "let the processes of a paused container go on") { id };
        command.Does(global, (parsed, context) =>
        {
            var container = context.Reference(parsed.Id(id));
            using var daemon = context.Daemon(Deadlines.Change);
            ContainerRequests.Resume(daemon, container);
            return 0;
        });
        return command;
    }
}

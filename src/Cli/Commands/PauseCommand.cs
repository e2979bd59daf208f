using System.CommandLine;
using KataActors.Cli.Daemon;

namespace KataActors.Cli.Commands;

/// <summary><c>pause ID</c>: stops the processes of a container where they are.</summary>
internal static class PauseCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var command = new Command("pause", "stop all processes of a container where they are") { id };
        command.Does(global, (parsed, context) =>
        {
            var container = context.Reference(parsed.Id(id));
            using var daemon = context.Daemon(Deadlines.Change);
            ContainerRequests.Pause(daemon, container);
            return 0;
        });
        return command;
    }
}

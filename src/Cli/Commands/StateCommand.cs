using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>state ID</c>: the container's state as JSON.</summary>
internal static class StateCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var command = new Command("state", "show the state of a container") { id };
        command.Does(global, (parsed, context) =>
        {
            var container = context.Reference(parsed.Id(id));
            using var daemon = context.Daemon(Deadlines.Query);
            var state = daemon.Call(connection => ContainerRequests.State(connection, container));
            StandardOutput.Write(StateDocument.State(ContainerStates.From(state)));
            return 0;
        });
        return command;
    }
}

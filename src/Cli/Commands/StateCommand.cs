using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Oci;
using KataActors.Protocol.Control;

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
            var request = new StateRequest { Container = context.Reference(parsed.Id(id)) };
            using var daemon = context.Connect();
            var response = daemon.Call(ControlServiceNames.State, request, StateResponse.Parser, Deadlines.Query);
            StandardOutput.Write(StateDocument.State(ContainerStates.From(response.Container)));
            return 0;
        });
        return command;
    }
}

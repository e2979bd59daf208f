using System.CommandLine;
using Google.Protobuf;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Commands;

/// <summary><c>update ID</c>: changes the limits of a container that is not stopped.</summary>
internal static class UpdateCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var limits = new UpdateOptions();
        var command = new Command("update", "change the limits of a container") { id };
        limits.AddTo(command);
        command.Does(global, (parsed, context) =>
        {
            var request = new UpdateRequest { Container = context.Reference(parsed.Id(id)), Resources = ByteString.CopyFrom(limits.Read(parsed)) };
            using var daemon = context.Daemon(Deadlines.Change);
            var response = daemon.Call(connection => connection.Call(ControlServiceNames.Update, request, UpdateResponse.Parser, Deadlines.Change));
            foreach (var warning in response.Warnings)
            {
                ErrorReport.Warn(warning, context.Log);
            }

            return 0;
        });
        return command;
    }
}

using System.CommandLine;
using KataActors.Cli.Daemon;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>list</c>: the containers of one id space.</summary>
internal static class ListCommand
{
    public static Command Build(GlobalOptions global)
    {
        var format = CommandParts.FormatOption();
        var quiet = CommandParts.Flag("--quiet", "print only the ids", "-q");
        var command = new Command("list", "list the containers of this --root") { format, quiet };
        command.Does(global, (parsed, context) =>
        {
            var json = parsed.IsJson(format);
            using var daemon = context.Daemon(Deadlines.Query);
            var states = ContainerStates.Listed(daemon.Call(connection => DaemonLists.Containers(connection, context.Global.Root)));
            StandardOutput.Write(parsed.GetValue(quiet) ? StateDocument.ListIds(states)
                : json ? StateDocument.ListJson(states)
                : StateDocument.ListTable(states));
            return 0;
        });
        return command;
    }
}

using System.CommandLine;
using KataActors.Cli.Hooks;

namespace KataActors.Cli.Commands;

/// <summary><c>start ID</c>: lets the process of a created container run.</summary>
internal static class StartCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var command = new Command("start", "start the process of a created container") { id };
        command.Does(global, (parsed, context) =>
        {
            HookedRequests.Start(context, context.Reference(parsed.Id(id)));
            return 0;
        });
        return command;
    }
}

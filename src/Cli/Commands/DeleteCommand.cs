using System.CommandLine;
using KataActors.Cli.Hooks;

namespace KataActors.Cli.Commands;

/// <summary><c>delete ID</c>: removes a stopped container and all of its resources; with <c>--force</c> a container in any state, and an unknown id is no error.</summary>
internal static class DeleteCommand
{
    public static Command Build(GlobalOptions global)
    {
        var id = CommandParts.IdArgument();
        var force = CommandParts.Flag("--force", "kill it first if it runs; an unknown id is no error", "-f");
        var command = new Command("delete", "delete a stopped container") { id, force };
        command.Does(global, (parsed, context) =>
        {
            HookedRequests.Delete(context, context.Reference(parsed.Id(id)), parsed.GetValue(force));
            return 0;
        });
        return command;
    }
}

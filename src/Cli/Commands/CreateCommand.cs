using System.CommandLine;

namespace KataActors.Cli.Commands;

/// <summary><c>create ID</c>: makes a container from a bundle; its process waits for <c>start</c>.</summary>
internal static class CreateCommand
{
    public static Command Build(GlobalOptions global)
    {
        var options = new CreateOptions();
        var command = new Command("create", "create a container");
        options.AddTo(command);
        command.Does(global, (parsed, context) =>
        {
            using var creation = options.Read(parsed, context, isDetached: true);
            using var standIn = creation.Run();
            return 0;
        });
        return command;
    }
}

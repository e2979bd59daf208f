using System.CommandLine;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>version</c>, <c>--version</c> and <c>-v</c>.</summary>
internal static class VersionCommand
{
    /// <summary>The product's version.</summary>
    public static string Number { get; } = typeof(VersionCommand).Assembly.GetName().Version!.ToString(3);

    public static Command Build(GlobalOptions global)
    {
        var command = new Command("version", "show the version");
        command.Does(global, (_, _) => Print());
        return command;
    }

    /// <summary>Adds the flag; without it, and without a verb, the root command explains itself.</summary>
    public static void AddFlagTo(RootCommand root, GlobalOptions global)
    {
        var flag = CommandParts.Flag("--version", "show the version", "-v");
        root.Options.Add(flag);
        root.Does(global, (parsed, _) => parsed.GetValue(flag)
            ? Print()
            : throw CommandFailure.OfUsage("a command is needed: see --help"));
    }

    private static int Print()
    {
        StandardOutput.Write($"kata-actors version {Number}\nspec: {FeaturesDocument.NewestSpecVersion}\n");
        return 0;
    }
}

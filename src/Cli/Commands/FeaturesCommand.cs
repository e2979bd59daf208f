using System.CommandLine;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>features</c>: what this runtime does, as the specification's JSON document.</summary>
internal static class FeaturesCommand
{
    public static Command Build(GlobalOptions global)
    {
        var command = new Command("features", "show what this runtime does");
        command.Does(global, (_, _) =>
        {
            StandardOutput.Write(FeaturesDocument.Write(VersionCommand.Number));
            return 0;
        });
        return command;
    }
}

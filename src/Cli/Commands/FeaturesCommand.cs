using System.CommandLine;
using KataActors.Cli.Output;
using KataActors.Oci;

namespace KataActors.Cli.Commands;

/// <summary><c>features</c>: the features of this runtime, as the specification's JSON document.</summary>
internal static class FeaturesCommand
{
    public static Command Build(GlobalOptions global)
    {
        var command = new Command("features", "show the features of this runtime");
        command.Does(global, (_, _) =>
        {
            StandardOutput.Write(FeaturesDocument.Write(VersionCommand.Number));
            return 0;
        });
        return command;
    }
}

using System.CommandLine;

namespace KataActors.Cli.Tests;

/// <summary>The command line's own definition, for tests of every verb.</summary>
internal static class CommandTree
{
    /// <summary>Each command that does something, with the words that call it.</summary>
    public static IEnumerable<(string Words, Command Command)> Verbs() => Verbs(CommandLine.Build(new GlobalOptions()), "");

    private static IEnumerable<(string Words, Command Command)> Verbs(Command parent, string prefix) => parent.Subcommands
        .SelectMany(command => command.Subcommands.Count == 0 ? [($"{prefix}{command.Name}", command)] : Verbs(command, $"{prefix}{command.Name} "));
}

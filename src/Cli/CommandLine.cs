using System.CommandLine;
using KataActors.Cli.Commands;
using KataActors.Cli.Output;

namespace KataActors.Cli;

/// <summary>The whole command line: runc's verbs and flags, and ours.</summary>
internal static class CommandLine
{
    // A leading @ is part of a name here, not a file of arguments.
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null };
    private static readonly InvocationConfiguration s_invocation = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    /// <summary>Runs one command; the result is the exit code.</summary>
    public static int Run(IReadOnlyList<string> args)
    {
        var global = new GlobalOptions();
        var parsed = Build(global).Parse(args, s_parsing);
        if (parsed.Errors.Count > 0)
        {
            // Without the log: what the flags say about it may be the very mistake.
            return ErrorReport.Write(CommandFailure.OfUsage(Sentence(parsed.Errors[0].Message)), null);
        }

        return parsed.Invoke(s_invocation);
    }

    internal static RootCommand Build(GlobalOptions global)
    {
        var root = new RootCommand("runs each OCI container, or pod of containers, in a virtual machine of its own");
        root.Directives.Clear();
        for (var i = root.Options.Count - 1; i >= 0; i--)
        {
            if (root.Options[i] is VersionOption)
            {
                root.Options.RemoveAt(i);
            }
        }

        global.AddTo(root);
        root.Subcommands.Add(CreateCommand.Build(global));
        root.Subcommands.Add(StartCommand.Build(global));
        root.Subcommands.Add(RunCommand.Build(global));
        root.Subcommands.Add(StateCommand.Build(global));
        root.Subcommands.Add(ListCommand.Build(global));
        root.Subcommands.Add(KillCommand.Build(global));
        root.Subcommands.Add(DeleteCommand.Build(global));
        root.Subcommands.Add(SpecCommand.Build(global));
        root.Subcommands.Add(FeaturesCommand.Build(global));
        root.Subcommands.Add(SandboxCommand.Build(global));
        root.Subcommands.Add(FactoryCommand.Build(global));
        root.Subcommands.Add(VersionCommand.Build(global));
        VersionCommand.AddFlagTo(root, global);
        return root;
    }

    private static string Sentence(string message)
    {
        var text = message.TrimEnd('.', '\n', ' ');
        return text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
    }
}

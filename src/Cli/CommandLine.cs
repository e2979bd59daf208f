using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using KataActors.Cli.Commands;
using KataActors.Cli.Output;
using KataActors.Linux;

namespace KataActors.Cli;

/// <summary>The whole command line: runc's verbs and flags, and ours.</summary>
internal static class CommandLine
{
    private const int HelpWidth = 120;

    // A leading @ is part of a name here, not a file of arguments.
    private static readonly ParserConfiguration s_parsing = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs one command; the result is the exit code.</summary>
    public static int Run(IReadOnlyList<string> args)
    {
        var global = new GlobalOptions();
        var parsed = Parse(args, global);
        if (WordEncoding.Check(args, parsed) is { } wrong)
        {
            return Refuse(parsed, global, wrong.Mistake, wrong.IsGlobal);
        }

        return Mistake(parsed) is { } mistake ? Refuse(parsed, global, mistake, AreGlobalFlagsWrong(parsed)) : Invoke(parsed);
    }

    internal static ParseResult Parse(IReadOnlyList<string> args, GlobalOptions global)
    {
        var root = Build(global);
        return root.Parse(CommandWords.EndFlags(args, [ExecCommand.Name, PsCommand.Name], words => root.Parse(words, s_parsing)), s_parsing);
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

        // A query of the terminal's width would change the terminal's settings.
        ((HelpAction)root.Options.OfType<HelpOption>().Single().Action!).MaxWidth = HelpWidth;
        global.AddTo(root);
        root.Subcommands.Add(CreateCommand.Build(global));
        root.Subcommands.Add(StartCommand.Build(global));
        root.Subcommands.Add(RunCommand.Build(global));
        root.Subcommands.Add(ExecCommand.Build(global));
        root.Subcommands.Add(PauseCommand.Build(global));
        root.Subcommands.Add(ResumeCommand.Build(global));
        root.Subcommands.Add(PsCommand.Build(global));
        root.Subcommands.Add(EventsCommand.Build(global));
        root.Subcommands.Add(StateCommand.Build(global));
        root.Subcommands.Add(ListCommand.Build(global));
        root.Subcommands.Add(KillCommand.Build(global));
        root.Subcommands.Add(DeleteCommand.Build(global));
        root.Subcommands.Add(UpdateCommand.Build(global));
        root.Subcommands.Add(SpecCommand.Build(global));
        root.Subcommands.Add(FeaturesCommand.Build(global));
        root.Subcommands.Add(CheckCommand.Build(global));
        root.Subcommands.Add(EnvCommand.Build(global));
        root.Subcommands.Add(SandboxCommand.Build(global));
        root.Subcommands.Add(FactoryCommand.Build(global));
        root.Subcommands.Add(VersionCommand.Build(global));
        VersionCommand.AddFlagTo(root, global);
        return root;
    }

    /// <summary>
    /// The first word that looks like a flag but is unknown; the parser would take it for an argument. Null when there is none. The value of a flag,
    /// a lone dash, and words after <c>--</c> are never flags.
    /// </summary>
    internal static string? UnknownFlag(ParseResult parsed)
    {
        var values = Options(parsed.CommandResult).SelectMany(option => option.Tokens).ToArray();
        return parsed.Tokens
            .TakeWhile(token => token.Type != TokenType.DoubleDash)
            .Where(token => token.Type == TokenType.Argument && token.Value is ['-', _, ..] && !values.Any(value => ReferenceEquals(value, token)))
            .Select(token => token.Value.Split('=')[0])
            .FirstOrDefault();
    }

    private static string? Mistake(ParseResult parsed) =>
        UnknownFlag(parsed) is { } flag ? $"flag \"{flag}\" of \"{parsed.CommandResult.Command.Name}\" is unknown"
        : parsed.Errors.Count > 0 ? Cause(parsed)
        : null;

    // As runc does, into the log too, unless the flags before the verb are the mistake.
    private static int Refuse(ParseResult parsed, GlobalOptions global, string mistake, bool areGlobalFlagsWrong)
    {
        var failure = CommandFailure.OfUsage(mistake);
        return areGlobalFlagsWrong ? ErrorReport.Write(failure, null) : CommandParts.Run(parsed, global, (_, _) => throw failure);
    }

    private static bool AreGlobalFlagsWrong(ParseResult parsed) =>
        parsed.Errors.Any(error => error.SymbolResult is OptionResult { Parent: CommandResult { Command: RootCommand } });

    // The parser's help goes through here, not to System.Console, which changes the terminal's settings and does not restore them.
    private static int Invoke(ParseResult parsed)
    {
        using var help = new StringWriter();
        var code = parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = help, Error = help });
        try
        {
            StandardOutput.Write(help.ToString());
            return code;
        }
        catch (LinuxException failure)
        {
            return ErrorReport.Write(failure, null);
        }
    }

    /// <summary>The flags of a command, and those before it.</summary>
    internal static IEnumerable<OptionResult> Options(CommandResult command)
    {
        for (SymbolResult? result = command; result is not null; result = result.Parent)
        {
            if (result is CommandResult level)
            {
                foreach (var option in level.Children.OfType<OptionResult>())
                {
                    yield return option;
                }
            }
        }
    }

    // A word that is no command comes before the command that is missing because of it.
    private static string Cause(ParseResult parsed)
    {
        var ofUnknownWord = parsed.Errors.FirstOrDefault(error => parsed.UnmatchedTokens.Any(word => error.Message.Contains($"'{word}'", StringComparison.Ordinal)));
        var text = (ofUnknownWord ?? parsed.Errors[0]).Message.TrimEnd('.', '\n', ' ');
        text = text.Length > 1 && char.IsLower(text[1]) ? char.ToLowerInvariant(text[0]) + text[1..] : text;
        return parsed.CommandResult.Command is { Subcommands.Count: > 0 } group && parsed.UnmatchedTokens.Count == 0 ? $"\"{group.Name}\": {text}" : text;
    }
}

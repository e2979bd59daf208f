using System.Text;
using KataActors.Cli.Commands;

namespace KataActors.Manual;

/// <summary>A manual page of section 8 (man(7)) for a command.</summary>
internal static class ManPage
{
    private static readonly (string, string) s_help = ("\\fB\\-\\-help\\fR, \\fB\\-h\\fR", "Show the flags.");

    /// <summary>The page's name, such as <c>kata-actors-sandbox-inspect</c>.</summary>
    public static string NameOf(CommandEntry command) => string.Join('-', command.Words.Prepend(CommandEntry.Program));

    /// <summary>The page in roff.</summary>
    public static string Write(CommandEntry command, CommandEntry root)
    {
        var page = new StringBuilder();
        var isRoot = command == root;
        page.Append($".TH {NameOf(command).ToUpperInvariant()} 8 \"\" \"{CommandEntry.Program} {VersionCommand.Number}\" \"System Administration\"\n");
        page.Append($".SH NAME\n{Text(NameOf(command))} \\- {Text(command.Description)}\n.SH SYNOPSIS\n");
        Synopsis(page, command, isRoot);
        page.Append(".SH DESCRIPTION\n").Append(Text(Sentence(command.Description))).Append('\n');
        if (command.Aliases.Count > 0)
        {
            page.Append($".PP\nThe command is also called {string.Join(" and ", command.Aliases.Select(alias => $"\\fB{Text(alias)}\\fR"))}.\n");
        }

        Items(page, "ARGUMENTS", command.Arguments.Select(argument => ($"\\fI{Text(argument.Name)}\\fR", Sentence(argument.Description))));
        Items(page, "COMMANDS", command.Subcommands.Select(sub => ($"\\fB{Text(sub.Words[^1])}\\fR", $"{Sentence(sub.Description)} See {NameOf(sub)}(8).")));
        Items(page, isRoot ? "GLOBAL FLAGS" : "FLAGS", [.. command.Flags.Select(flag => (Heading(flag), Description(flag))), s_help]);
        ExitStatus(page, command, isRoot);
        page.Append(".SH SEE ALSO\n").Append(string.Join(",\n", SeeAlso(command, root).Select(name => $"\\fB{Text(name)}\\fR(8)"))).Append('\n');
        return page.ToString();
    }

    private static void Synopsis(StringBuilder page, CommandEntry command, bool isRoot)
    {
        page.Append($"\\fB{Text(CommandEntry.Program)}\\fR [\\fIglobal flags\\fR]");
        foreach (var word in command.Words)
        {
            page.Append($" \\fB{Text(word)}\\fR");
        }

        page.Append(isRoot ? "" : " [\\fIflags\\fR]").Append(command.Subcommands.Count > 0 ? " \\fIcommand\\fR ..." : "");
        foreach (var argument in command.Arguments)
        {
            page.Append($" \\fI{Text(argument.Name)}\\fR{(argument.IsRepeated ? " ..." : "")}");
        }

        page.Append('\n');
    }

    private static void Items(StringBuilder page, string heading, IEnumerable<(string Term, string Text)> items)
    {
        foreach (var (index, (term, text)) in items.Index())
        {
            page.Append(index == 0 ? $".SH {heading}\n" : "").Append($".TP\n{term}\n{Text(text)}\n");
        }
    }

    private static string Heading(FlagEntry flag) =>
        string.Join(", ", flag.Names.Select(name => $"\\fB{Text(name)}\\fR")) + (flag.Value is null ? "" : $" \\fI{Text(flag.Value)}\\fR");

    private static string Description(FlagEntry flag) =>
        Sentence(flag.Description + (string.IsNullOrEmpty(flag.Default) ? "" : $" (default: {flag.Default})"));

    private static void ExitStatus(StringBuilder page, CommandEntry command, bool isRoot)
    {
        if (!isRoot)
        {
            page.Append($".SH EXIT STATUS\nSee {Text(CommandEntry.Program)}(8).\n");
            return;
        }

        Items(page, "EXIT STATUS",
        [
            ("0", "Done."),
            ("1", "Failed; standard error and the log say why."),
            ("2", "The command line is wrong."),
            ("255", "exec: the process could not be started."),
            ("others", "run and exec end with the exit code of their process, and with 128 and the number of the signal that has killed it."),
        ]);
    }

    private static IEnumerable<string> SeeAlso(CommandEntry command, CommandEntry root) => root.All()
        .Where(other => other != command && (command == root ? other.Words.Count == 1 : other == root || IsNeighbour(other, command)))
        .Select(NameOf);

    private static bool IsNeighbour(CommandEntry other, CommandEntry command) =>
        command.Words.Count > 1 && other.Words.Count >= 1 && other.Words[0] == command.Words[0] || command.Subcommands.Contains(other);

    private static string Sentence(string text) => text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}.";

    // A dash is a minus sign, and a line must not begin with a control character.
    private static string Text(string text)
    {
        var escaped = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal);
        return escaped is ['.' or '\'', ..] ? $"\\&{escaped}" : escaped;
    }
}

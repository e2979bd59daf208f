using System.CommandLine;

namespace KataActors.Cli;

/// <summary>
/// Where the flags of a command end that itself takes a command line, or options of another program. As for runc, that is before the first word that is no flag: the container's
/// command may have flags of any name. The parser looks for flags up to the word <c>--</c>, so that one is put there.
/// </summary>
internal static class CommandWords
{
    private const string EndOfFlags = "--";

    /// <summary>The words for the parser: those of one of the <paramref name="verbs"/> with an end of the flags, all others as they are.</summary>
    public static IReadOnlyList<string> EndFlags(IReadOnlyList<string> words, IReadOnlyList<string> verbs, Func<IReadOnlyList<string>, ParseResult> parse)
    {
        if (Enumerable.Range(1, words.Any(verbs.Contains) ? words.Count : 0).FirstOrDefault(HasFirstArgument) is not (> 0 and var count))
        {
            return words;
        }

        // An unknown flag, which the parser takes for an argument, or an end that is there already.
        return words[count - 1] is ['-', _, ..] || words.Take(count).Contains(EndOfFlags)
            ? words
            : [.. words.Take(count - 1), EndOfFlags, .. words.Skip(count - 1)];

        bool HasFirstArgument(int length) => IsInFirstArgument(parse([.. words.Take(length)]), verbs);
    }

    private static bool IsInFirstArgument(ParseResult parsed, IReadOnlyList<string> verbs) =>
        parsed.CommandResult.Command is { } command && verbs.Contains(command.Name) && parsed.GetResult(command.Arguments[0]) is { Tokens.Count: > 0 };
}

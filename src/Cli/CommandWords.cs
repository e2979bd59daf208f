using System.CommandLine;

namespace KataActors.Cli;

/// <summary>
/// Where the flags of a command end that itself takes a command line. As for runc, that is before the first word that is no flag: the container's
/// command may have flags of any name. The parser looks for flags up to the word <c>--</c>, so that one is put there.
/// </summary>
internal static class CommandWords
{
    private const string EndOfFlags = "--";

    /// <summary>The words for the parser: those of <paramref name="verb"/> with an end of the flags, all others as they are.</summary>
    public static IReadOnlyList<string> EndFlags(IReadOnlyList<string> words, string verb, Func<IReadOnlyList<string>, ParseResult> parse)
    {
        if (Enumerable.Range(1, words.Contains(verb) ? words.Count : 0).FirstOrDefault(HasFirstArgument) is not (> 0 and var count))
        {
            return words;
        }

        // An unknown flag, which the parser takes for an argument, or an end that is there already.
        return words[count - 1] is ['-', _, ..] || words.Take(count).Contains(EndOfFlags)
            ? words
            : [.. words.Take(count - 1), EndOfFlags, .. words.Skip(count - 1)];

        bool HasFirstArgument(int length) => IsInFirstArgument(parse([.. words.Take(length)]), verb);
    }

    private static bool IsInFirstArgument(ParseResult parsed, string verb) =>
        parsed.CommandResult.Command is { } command && command.Name == verb && parsed.GetResult(command.Arguments[0]) is { Tokens.Count: > 0 };
}

using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Unicode;
using KataActors.Linux;

namespace KataActors.Cli;

/// <summary>
/// Words of the command line that are no UTF-8. .NET has U+FFFD in the place of their bytes, so that a path would name another file: they are refused.
/// </summary>
internal static class WordEncoding
{
    private const char Replacement = '\uFFFD';

    /// <summary>The first flag, or else the argument, with such a word; null when there is none.</summary>
    /// <param name="words">The words of this process.</param>
    /// <param name="parsed">The same, parsed.</param>
    public static WrongWord? Check(IReadOnlyList<string> words, ParseResult parsed)
    {
        if (!words.Any(IsReplaced) || Utf8.IsValid(KernelFiles.ReadBytes("/proc/self/cmdline")))
        {
            return null;
        }

        foreach (var option in CommandLine.Options(parsed.CommandResult))
        {
            if (option.Tokens.FirstOrDefault(token => IsReplaced(token.Value)) is { } value)
            {
                return new WrongWord($"{option.Option.Name} \"{value.Value}\" is not UTF-8", option.Parent is CommandResult { Command: RootCommand });
            }
        }

        return new WrongWord($"the argument \"{words.First(IsReplaced)}\" of \"{parsed.CommandResult.Command.Name}\" is not UTF-8", false);
    }

    private static bool IsReplaced(string word) => word.Contains(Replacement, StringComparison.Ordinal);

    /// <param name="Mistake">What is wrong.</param>
    /// <param name="IsGlobal">Whether it is a flag before the verb.</param>
    internal sealed record WrongWord(string Mistake, bool IsGlobal);
}

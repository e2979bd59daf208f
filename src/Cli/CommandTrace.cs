using System.CommandLine;
using System.CommandLine.Parsing;
using KataActors.Cli.Commands;

namespace KataActors.Cli;

/// <summary>A command line as the log may show it: of the environment variables only the names, because their values may be secrets.</summary>
internal static class CommandTrace
{
    public static string Of(ParseResult parsed)
    {
        var variables = parsed.CommandResult.Children.OfType<OptionResult>()
            .Where(option => option.Option.Name == ProcessOptions.Variable)
            .SelectMany(option => option.Tokens)
            .ToHashSet<Token>(ReferenceEqualityComparer.Instance);
        return string.Join(' ', parsed.Tokens.Select(token => variables.Contains(token) ? NameOf(token.Value) : token.Value));
    }

    private static string NameOf(string variable) => variable.IndexOf('=') is >= 0 and var end ? $"{variable[..end]}=..." : variable;
}

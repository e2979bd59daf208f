using System.CommandLine;
using System.CommandLine.Completions;
using KataActors.Cli;

namespace KataActors.Manual;

/// <summary>A command as the command line defines it.</summary>
/// <param name="Words">The words that call it; none for the program itself.</param>
/// <param name="Aliases">Other names for its last word.</param>
/// <param name="Description">What it does, without an initial capital and a final period.</param>
/// <param name="Arguments">What follows the flags.</param>
/// <param name="Flags">The visible flags, without <c>--help</c>.</param>
/// <param name="Subcommands">The commands below it.</param>
internal sealed record CommandEntry(
    IReadOnlyList<string> Words,
    IReadOnlyList<string> Aliases,
    string Description,
    IReadOnlyList<ArgumentEntry> Arguments,
    IReadOnlyList<FlagEntry> Flags,
    IReadOnlyList<CommandEntry> Subcommands)
{
    /// <summary>The program's name.</summary>
    public const string Program = "kata-actors";

    /// <summary>The program, with all of its commands.</summary>
    public static CommandEntry Root() => Of(CommandLine.Build(new GlobalOptions()), []);

    /// <summary>The command and all below it.</summary>
    public IEnumerable<CommandEntry> All() => [this, .. Subcommands.SelectMany(command => command.All())];

    private static CommandEntry Of(Command command, IReadOnlyList<string> words) => new(
        words,
        [.. command.Aliases.Where(alias => alias != command.Name)],
        command.Description ?? "",
        [.. command.Arguments.Where(argument => !argument.Hidden).Select(argument => new ArgumentEntry(
            argument.Name, argument.Description ?? "", argument.Arity.MaximumNumberOfValues > 1, Choices(argument.GetCompletions(CompletionContext.Empty))))],
        [.. command.Options.Where(option => !option.Hidden && option.Name != "--help").Select(FlagEntry.Of)],
        [.. command.Subcommands.Where(subcommand => !subcommand.Hidden).Select(subcommand => Of(subcommand, [.. words, subcommand.Name]))]);

    internal static IReadOnlyList<string> Choices(IEnumerable<CompletionItem> items) => [.. items.Select(item => item.Label)];
}

/// <summary>A word that follows the flags.</summary>
internal sealed record ArgumentEntry(string Name, string Description, bool IsRepeated, IReadOnlyList<string> Choices);

/// <summary>A flag.</summary>
/// <param name="Long">Its name with two dashes.</param>
/// <param name="Short">Its name with one dash, or null.</param>
/// <param name="Value">What its value is called; null without a value.</param>
/// <param name="Description">What it does.</param>
/// <param name="Default">Its value when it is not given, or null.</param>
/// <param name="Choices">The possible values; empty when there are many, and without a value.</param>
internal sealed record FlagEntry(string Long, string? Short, string? Value, string Description, string? Default, IReadOnlyList<string> Choices)
{
    /// <summary>Whether the value is a path.</summary>
    public bool TakesPath => Value is "file" or "path";

    /// <summary>All names.</summary>
    public IEnumerable<string> Names => Short is null ? [Long] : [Long, Short];

    internal static FlagEntry Of(Option option) => new(
        option.Name,
        option.Aliases.FirstOrDefault(alias => alias.Length == 2),
        option.Arity.MaximumNumberOfValues == 0 ? null : option.HelpName ?? "value",
        option.Description ?? "",
        option is { HasDefaultValue: true, Arity.MaximumNumberOfValues: > 0 } ? option.GetDefaultValue()?.ToString() : null,
        option.Arity.MaximumNumberOfValues == 0 ? [] : CommandEntry.Choices(option.GetCompletions(CompletionContext.Empty)));
}

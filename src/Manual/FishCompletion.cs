using System.Text;

namespace KataActors.Manual;

/// <summary>Completion for fish.</summary>
internal static class FishCompletion
{
    /// <summary>The script.</summary>
    public static string Write(CommandEntry root)
    {
        var script = new StringBuilder("# Completion of kata-actors for fish; generated.\ncomplete -c kata-actors -f\n");
        foreach (var command in root.All())
        {
            var condition = Condition(command, root);
            foreach (var subcommand in command.Subcommands)
            {
                var before = command.Subcommands.Count > 0 ? Join(condition, Unseen(command.Subcommands)) : condition;
                script.Append($"complete -c kata-actors -n {Quoted(before)} -a {subcommand.Words[^1]} -d {Quoted(subcommand.Description)}\n");
            }

            foreach (var flag in command.Flags)
            {
                script.Append($"complete -c kata-actors -n {Quoted(Join(condition, command == root ? Unseen(root.Subcommands) : ""))}");
                script.Append($" -l {flag.Long[2..]}").Append(flag.Short is null ? "" : $" -s {flag.Short[1..]}");
                script.Append(flag.Value is null ? "" : flag.TakesPath ? " -r -F" : " -x");
                script.Append(flag.Choices.Count > 0 ? $" -a {Quoted(string.Join(' ', flag.Choices))}" : "").Append($" -d {Quoted(flag.Description)}\n");
            }

            foreach (var argument in command.Arguments.Where(argument => argument.Choices.Count > 0))
            {
                script.Append($"complete -c kata-actors -n {Quoted(condition)} -a {Quoted(string.Join(' ', argument.Choices))}\n");
            }
        }

        return script.ToString();
    }

    // A name may occur at both levels: "list" and "sandbox list".
    private static string Condition(CommandEntry command, CommandEntry root) => command.Words.Count switch
    {
        0 => "",
        1 => Join($"__fish_seen_subcommand_from {command.Words[0]}", Unseen(root.Subcommands.Where(other => other.Subcommands.Count > 0 && other != command))),
        _ => string.Join("; and ", command.Words.Select(word => $"__fish_seen_subcommand_from {word}")),
    };

    private static string Unseen(IEnumerable<CommandEntry> commands) => $"not __fish_seen_subcommand_from {string.Join(' ', commands.Select(command => command.Words[^1]))}";

    private static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : $"{first}; and {second}";

    private static string Quoted(string text) => $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}

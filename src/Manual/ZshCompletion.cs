using System.Text;

namespace KataActors.Manual;

/// <summary>Completion for zsh.</summary>
internal static class ZshCompletion
{
    /// <summary>The script.</summary>
    public static string Write(CommandEntry root)
    {
        var script = new StringBuilder("#compdef kata-actors\n# Completion of kata-actors for zsh; generated.\n\n");
        foreach (var command in root.All())
        {
            Function(script, command);
        }

        return script.Append("_kata-actors \"$@\"\n").ToString();
    }

    private static void Function(StringBuilder script, CommandEntry command)
    {
        script.Append($"{NameOf(command)}() {{\n");
        if (command.Subcommands.Count == 0)
        {
            script.Append("    _arguments -s");
            Specs(script, command);
            foreach (var argument in command.Arguments)
            {
                script.Append($" \\\n        {Quoted($"{(argument.IsRepeated ? "*" : "")}:{Escaped(argument.Name)}:{Action(false, argument.Choices)}")}");
            }

            script.Append("\n}\n\n");
            return;
        }

        script.Append("    local curcontext=$curcontext state line\n    local -a commands\n    _arguments -C -s");
        Specs(script, command);
        script.Append(" \\\n        '1: :->command' \\\n        '*:: :->arguments'\n    case $state in\n        command)\n            commands=(\n");
        foreach (var subcommand in command.Subcommands)
        {
            script.Append($"                {Quoted($"{Escaped(subcommand.Words[^1])}:{subcommand.Description}")}\n");
        }

        script.Append("            )\n            _describe command commands\n            ;;\n        arguments)\n            case $line[1] in\n");
        foreach (var subcommand in command.Subcommands)
        {
            script.Append($"                {subcommand.Words[^1]}) {NameOf(subcommand)} ;;\n");
        }

        script.Append("            esac\n            ;;\n    esac\n}\n\n");
    }

    private static void Specs(StringBuilder script, CommandEntry command)
    {
        foreach (var flag in command.Flags)
        {
            var excluded = flag.Short is null ? "" : $"({flag.Long} {flag.Short})";
            var value = flag.Value is null ? "" : $":{Escaped(flag.Value)}:{Action(flag.TakesPath, flag.Choices)}";
            foreach (var name in flag.Names)
            {
                var form = flag.Value is null ? name : name.StartsWith("--", StringComparison.Ordinal) ? $"{name}=" : $"{name}+";
                script.Append($" \\\n        {Quoted($"{excluded}{form}[{Escaped(flag.Description)}]{value}")}");
            }
        }
    }

    private static string Action(bool isPath, IReadOnlyList<string> choices) => isPath ? "_files" : choices.Count > 0 ? $"({string.Join(' ', choices)})" : " ";

    private static string NameOf(CommandEntry command) => string.Join('-', command.Words.Prepend("_kata-actors"));

    private static string Escaped(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

using System.Text;

namespace KataActors.Manual;

/// <summary>Completion for bash. It stands alone, without the package bash-completion's own functions.</summary>
internal static class BashCompletion
{
    /// <summary>The script.</summary>
    public static string Write(CommandEntry root)
    {
        var script = new StringBuilder(
            """
            # Completion of kata-actors for bash; generated.
            _kata_actors() {
                local current=${COMP_WORDS[COMP_CWORD]} path='' commands='' flags='' flag='' i word
                _kata_actors_command "$path"
                for ((i = 1; i < COMP_CWORD; i++)); do
                    word=${COMP_WORDS[i]}
                    if [[ $word == = ]]; then
                        # Bash splits --flag=value into three words.
                        ((i + 1 < COMP_CWORD)) && ((i++)) && flag=
                    elif [[ $flag ]]; then
                        flag=
                    elif [[ $word == -* ]]; then
                        _kata_actors_takes_value "$path" "$word" && flag=$word
                    elif [[ " $commands " == *" $word "* ]]; then
                        path+=" $word"
                        _kata_actors_command "$path"
                    else
                        commands=''
                        [[ $path == ' exec' ]] && return
                    fi
                done
                [[ $current == = ]] && current=''
                COMPREPLY=()
                if [[ $flag ]]; then
                    _kata_actors_value "$path" "$flag"
                elif [[ $current == -* ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$flags --help" -- "$current")
                elif [[ $commands ]]; then
                    mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
                else
                    _kata_actors_argument "$path"
                fi
            }


            """);
        Function(script, "command", root.All(), command =>
            $"commands='{Names(command.Subcommands.Select(sub => sub.Words[^1]))}' flags='{Names(command.Flags.SelectMany(flag => flag.Names))}'");
        script.Append("_kata_actors_takes_value() {\n    case \"$1 $2\" in\n");
        foreach (var command in root.All())
        {
            foreach (var flag in command.Flags.Where(flag => flag.Value is not null))
            {
                script.Append($"        {Pattern(command, flag)}) return 0 ;;\n");
            }
        }

        script.Append("    esac\n    return 1\n}\n\n_kata_actors_value() {\n    case \"$1 $2\" in\n");
        foreach (var command in root.All())
        {
            foreach (var flag in command.Flags.Where(flag => flag.TakesPath || flag.Choices.Count > 0))
            {
                script.Append($"        {Pattern(command, flag)}) {Reply(flag.TakesPath ? "-f" : $"-W '{Names(flag.Choices)}'")} ;;\n");
            }
        }

        script.Append("    esac\n}\n\n");
        Function(script, "argument", root.All().Where(command => command.Arguments.Any(argument => argument.Choices.Count > 0)), command =>
            Reply($"-W '{Names(command.Arguments.SelectMany(argument => argument.Choices))}'"));
        return script.Append("complete -F _kata_actors kata-actors\n").ToString();
    }

    private static void Function(StringBuilder script, string name, IEnumerable<CommandEntry> commands, Func<CommandEntry, string> body)
    {
        script.Append($"_kata_actors_{name}() {{\n    case \"$1\" in\n");
        foreach (var command in commands)
        {
            script.Append($"        '{Path(command)}') {body(command)} ;;\n");
        }

        script.Append("    esac\n}\n\n");
    }

    private static string Path(CommandEntry command) => string.Concat(command.Words.Select(word => $" {word}"));

    private static string Pattern(CommandEntry command, FlagEntry flag) => string.Join(" | ", flag.Names.Select(name => $"'{Path(command)} {name}'"));

    private static string Names(IEnumerable<string> names) => string.Join(' ', names);

    private static string Reply(string what) => $"mapfile -t COMPREPLY < <(compgen {what} -- \"$current\")";
}

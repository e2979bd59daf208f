using KataActors.Cli.Output;

namespace KataActors.Cli;

/// <summary>The options of ps(1) that choose columns. A container's processes are always all shown, so those that choose processes have no effect.</summary>
internal static class PsOptions
{
    private static readonly string[] s_plain = ["pid", "tty", "time", "comm"];
    private static readonly string[] s_full = ["user", "pid", "ppid", "c", "stime", "tty", "time", "cmd"];
    private static readonly string[] s_user = ["user", "pid", "%cpu", "%mem", "vsz", "rss", "tty", "stat", "start", "bsdtime", "command"];

    /// <summary>The columns that the words ask for; those of <c>-ef</c> when there are none.</summary>
    /// <exception cref="CommandFailure">An option or a column is unknown.</exception>
    public static IReadOnlyList<PsColumn> Columns(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return Columns(["-ef"]);
        }

        var (format, own) = (s_plain, new List<PsColumn>());
        for (var i = 0; i < words.Count; i++)
        {
            // ps(1) takes -aux for aux, unless there is a user x.
            var word = words[i] == "-aux" ? "aux" : words[i];
            var isUnix = word.StartsWith('-');
            for (var position = isUnix ? 1 : 0; position < word.Length; position++)
            {
                switch (word[position])
                {
                    case 'o' when position + 1 < word.Length:
                        own.AddRange(Listed(word[(position + 1)..]));
                        position = word.Length;
                        break;
                    case 'o' when i + 1 < words.Count:
                        own.AddRange(Listed(words[++i]));
                        position = word.Length;
                        break;
                    case 'e' or 'A' or 'a' or 'w' when isUnix:
                    case 'a' or 'x' or 'w' when !isUnix:
                        break;
                    case 'f' when isUnix:
                        format = s_full;
                        break;
                    case 'u' when !isUnix:
                        format = s_user;
                        break;
                    default:
                        throw CommandFailure.OfUsage($"option \"{word}\" of ps is unknown: there are -e, -A, -f, aux, and -o with names of columns");
                }
            }
        }

        return own.Count > 0 ? own : [.. format.Select(name => Renamed(PsColumn.Find(name)!, name, format))];
    }

    // As procps heads them.
    private static PsColumn Renamed(PsColumn column, string name, string[] format) => name switch
    {
        "user" when format == s_full => column with { Heading = "UID" },
        "tty" => column with { Heading = "TTY" },
        "comm" => column with { Heading = "CMD" },
        _ => column,
    };

    // "pid,comm", or "pid=HEADING", whose heading is the rest of the word.
    private static IEnumerable<PsColumn> Listed(string list)
    {
        var (names, heading) = list.Split('=', 2) is [var before, var after] ? (before, after) : (list, null);
        var columns = names.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries)
            .Select(name => PsColumn.Find(name) ?? throw CommandFailure.OfUsage($"column \"{name}\" of ps is unknown"))
            .ToArray();
        return columns.Length == 0 ? throw CommandFailure.OfUsage("option \"-o\" of ps needs names of columns")
            : heading is null ? columns
            : [.. columns[..^1], columns[^1] with { Heading = heading }];
    }
}

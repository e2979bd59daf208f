using System.Text;

namespace KataActors.Linux;

/// <summary>One line of proc_pid_mountinfo(5).</summary>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="MountPoint">The mount point, as seen from the process's root.</param>
/// <param name="Type">The file system type.</param>
/// <param name="Source">The mounted device or name.</param>
/// <param name="SuperOptions">Options of the file system, which name a cgroup hierarchy's controllers.</param>
public sealed record MountInfo(string Root, string MountPoint, string Type, string Source, IReadOnlyList<string> SuperOptions)
{
    /// <summary>The mounts that the calling thread sees, in order of mounting.</summary>
    public static IReadOnlyList<MountInfo> ReadOwn() => Parse(File.ReadAllText("/proc/thread-self/mountinfo"));

    /// <summary>Parses a whole mountinfo file; malformed lines are skipped.</summary>
    public static IReadOnlyList<MountInfo> Parse(string text)
    {
        var mounts = new List<MountInfo>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (ParseLine(line.Split(' ')) is { } mount)
            {
                mounts.Add(mount);
            }
        }

        return mounts;
    }

    // id parent major:minor root point options [tag...] - type source super-options
    private static MountInfo? ParseLine(string[] fields)
    {
        var dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
        return dash < 0 || dash + 3 >= fields.Length
            ? null
            : new MountInfo(Unescape(fields[3]), Unescape(fields[4]), fields[dash + 1], Unescape(fields[dash + 2]), fields[dash + 3].Split(','));
    }

    // The kernel writes space, tab, newline and backslash as three octal digits.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\'))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                result.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }
}

namespace KataActors.Cgroups;

/// <summary><c>linux.cgroupsPath</c> of a specification, which names the group of a container: as a path, or for systemd as <c>slice:prefix:name</c>.</summary>
public static class CgroupsPath
{
    private const string SliceSuffix = ".slice";
    private const string DefaultSlice = "system.slice";

    /// <summary>
    /// The group in which the container's group lies, as a path below the hierarchy's root; a path that is not absolute starts at the common
    /// parent. Slices are nested as systemd does it: <c>a-b.slice</c> lies in <c>a.slice</c>.
    /// </summary>
    /// <exception cref="FormatException">It cannot be such a path; the message says why.</exception>
    public static string ParentOf(string cgroupsPath)
    {
        if (cgroupsPath.AsSpan().IndexOfAny('\0', '\n') >= 0)
        {
            throw new FormatException("it holds a control character");
        }

        return cgroupsPath.Split(':') is [var slice, _, _] && !cgroupsPath.Contains('/')
            ? Expand(slice.Length == 0 ? DefaultSlice : slice)
            : ParentOfPath(cgroupsPath);
    }

    private static string ParentOfPath(string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length == 0)
        {
            throw new FormatException("it names no group");
        }

        if (names.Any(name => name is "." or ".."))
        {
            throw new FormatException("it holds \".\" or \"..\"");
        }

        return string.Join('/', path.StartsWith('/') ? names[..^1] : [CgroupPlacement.CommonParent, .. names[..^1]]);
    }

    private static string Expand(string slice)
    {
        if (slice == "-.slice")
        {
            return "";
        }

        if (!slice.EndsWith(SliceSuffix, StringComparison.Ordinal) || slice[..^SliceSuffix.Length].Split('-').Any(part => part is "" or "." or ".."))
        {
            throw new FormatException($"\"{slice}\" is no slice");
        }

        var name = slice[..^SliceSuffix.Length];
        var ends = Enumerable.Range(0, name.Length).Where(i => name[i] == '-').Append(name.Length);
        return string.Join('/', ends.Select(end => name[..end] + SliceSuffix));
    }
}

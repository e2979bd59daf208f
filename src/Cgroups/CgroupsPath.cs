namespace KataActors.Cgroups;

/// <summary><c>linux.cgroupsPath</c> of a specification, which names the group of a container: as a path, or for systemd as <c>slice:prefix:name</c>.</summary>
public static class CgroupsPath
{
    private const string SliceSuffix = ".slice";
    private const string DefaultSlice = "system.slice";

    /// <summary>
    /// The named group: its parent, as a path below the hierarchy's root, and its name. A relative path starts at the common parent. Slices are
    /// nested as in systemd, <c>a-b.slice</c> in <c>a.slice</c>, and the group in them has the name that runc gives it: <c>prefix-name.scope</c>, or the
    /// name itself when that is a slice.
    /// </summary>
    /// <exception cref="FormatException">The path is malformed; the message says why.</exception>
    public static (string Parent, string Name) Parse(string cgroupsPath)
    {
        if (cgroupsPath.AsSpan().IndexOfAny('\0', '\n') >= 0)
        {
            throw new FormatException("it holds a control character");
        }

        var (parent, name) = cgroupsPath.Split(':') is [var slice, var prefix, var unit] && !cgroupsPath.Contains('/')
            ? (Expand(slice.Length == 0 ? DefaultSlice : slice), UnitName(prefix, unit))
            : ParsePath(cgroupsPath);
        if (parent.Length == 0 && name == CgroupPlacement.CommonParent)
        {
            throw new FormatException($"\"{name}\" is the common parent of sandboxes");
        }

        try
        {
            CgroupLayout.CheckName(name);
        }
        catch (ArgumentException failure)
        {
            throw new FormatException($"\"{name}\" cannot name a cgroup", failure);
        }

        return (parent, name);
    }

    private static string UnitName(string prefix, string unit) => unit switch
    {
        "" => throw new FormatException("it names no group"),
        _ when unit.EndsWith(SliceSuffix, StringComparison.Ordinal) => unit,
        _ => $"{prefix}-{unit}.scope",
    };

    private static (string Parent, string Name) ParsePath(string path)
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

        return (string.Join('/', path.StartsWith('/') ? names[..^1] : [CgroupPlacement.CommonParent, .. names[..^1]]), names[^1]);
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

using System.Text;

namespace KataActors.Cgroups;

/// <summary>
/// The groups of one sandbox in one hierarchy:
/// <code>
/// kata              common parent of all sandboxes: unlimited, never removed
/// └─ NAME           the VMM's other threads: unlimited
///    └─ vcpu        the threads that run vCPUs: the sandbox's CPU limit
/// </code>
/// </summary>
public sealed record CgroupLayout
{
    private const int LongestName = 255;

    private CgroupLayout(string parent, string name)
    {
        Parent = parent;
        Sandbox = Path.Combine(parent, name);
        Vcpu = Path.Combine(Sandbox, "vcpu");
    }

    /// <summary>The common parent.</summary>
    public string Parent { get; }

    /// <summary>The sandbox's group.</summary>
    public string Sandbox { get; }

    /// <summary>The vCPU threads' group.</summary>
    public string Vcpu { get; }

    /// <summary>The layout below a hierarchy's mount point.</summary>
    /// <exception cref="ArgumentException">The name is none for a directory.</exception>
    public static CgroupLayout Below(string hierarchy, string name) =>
        new(Path.Combine(hierarchy, "kata"), IsName(name) ? name : throw new ArgumentException($"\"{name.Replace("\0", "\\0")}\" cannot name a cgroup", nameof(name)));

    // "vcpu" and the control files have their places one level below, so no sandbox name can meet them.
    private static bool IsName(string name) =>
        name is not ("" or "." or "..") && name.AsSpan().IndexOfAny('/', '\0', '\n') < 0 && Encoding.UTF8.GetByteCount(name) <= LongestName;
}

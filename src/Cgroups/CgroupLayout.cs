using System.Collections.Immutable;
using System.Text;

namespace KataActors.Cgroups;

/// <summary>
/// The groups of one sandbox in one hierarchy. By default, unless the placement names the sandbox's group otherwise:
/// <code>
/// kata              common parent of all sandboxes: unlimited, never removed
/// └─ NAME           the VMM's other threads, and the stand-ins
///    └─ vcpu        the threads that run vCPUs: the sandbox's CPU limit
/// </code>
/// </summary>
public sealed record CgroupLayout
{
    private const int LongestName = 255;

    private CgroupLayout(CgroupMount mount, CgroupPlacement placement, string name)
    {
        Mount = mount.MountPoint;
        Parent = Path.Combine(Mount, placement.Parent);
        Sandbox = Path.Combine(Parent, placement.Name ?? name);
        Vcpu = placement.SandboxOnly ? Sandbox : Path.Combine(Sandbox, "vcpu");
        Others = (placement, mount.IsUnified) switch
        {
            ({ SandboxOnly: true } or { Overhead: "" }, _) => Sandbox,
            // In version 2 the threads of one process must stay below one domain group.
            (_, true) => Path.Combine(Sandbox, "overhead"),
            _ => Path.Combine(Mount, placement.Overhead, name),
        };
    }

    /// <summary>The hierarchy's root.</summary>
    public string Mount { get; }

    /// <summary>The parent of the sandbox's group.</summary>
    public string Parent { get; }

    /// <summary>The sandbox's group.</summary>
    public string Sandbox { get; }

    /// <summary>The vCPU threads' group.</summary>
    public string Vcpu { get; }

    /// <summary>The group of all threads but the vCPUs.</summary>
    public string Others { get; }

    /// <summary>All groups, each after its parent.</summary>
    public ImmutableArray<string> Groups => [.. new[] { Sandbox, Vcpu, Others }.Distinct()];

    /// <summary>The outermost groups: those whose parent is not the sandbox's.</summary>
    public ImmutableArray<string> Tops => Others == Sandbox || Others.StartsWith(Sandbox + "/", StringComparison.Ordinal) ? [Sandbox] : [Sandbox, Others];

    /// <summary>The layout in a hierarchy.</summary>
    /// <param name="mount">The hierarchy.</param>
    /// <param name="placement">The place below its root.</param>
    /// <param name="name">The sandbox's host name, see <see cref="CheckName"/>.</param>
    public static CgroupLayout In(CgroupMount mount, CgroupPlacement placement, string name) => new(mount, placement, name);

    /// <summary>Refuses a name that would lead out of the parent group.</summary>
    /// <exception cref="ArgumentException">The name cannot name a directory.</exception>
    public static void CheckName(string name)
    {
        // "vcpu" and the control files are one level below, so no sandbox name can collide with them.
        if (name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\0', '\n') >= 0 || Encoding.UTF8.GetByteCount(name) > LongestName)
        {
            throw new ArgumentException($"\"{name.Replace("\0", "\\0")}\" cannot name a cgroup", nameof(name));
        }
    }

    /// <summary>The ancestors of a group, from the nearest up to the hierarchy's root.</summary>
    internal IEnumerable<string> Above(string group)
    {
        for (var above = group; above.Length > Mount.Length;)
        {
            above = Path.GetDirectoryName(above)!;
            yield return above;
        }
    }
}

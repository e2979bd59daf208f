namespace KataActors.Model;

/// <summary>The place of a sandbox's groups, as paths below each hierarchy's root. It never changes in the sandbox's life.</summary>
/// <param name="Parent">The group below which the sandbox's group is made.</param>
/// <param name="Overhead">The parent of a group of its own for all threads but the vCPUs; empty: they are in the sandbox's group.</param>
/// <param name="SandboxOnly">All threads share the sandbox's group, and the CPU limit holds for all of them.</param>
public sealed record CgroupPlacement(string Parent, string Overhead, bool SandboxOnly)
{
    /// <summary>The name of the sandbox's group; null for the sandbox's host name.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// The mark of the sandbox's groups: a group of their name without this mark is refused, and never removed. Empty for unmarked groups: those of a
    /// version without marks, and those with names that are unique anyway.
    /// </summary>
    public Guid Owner { get; init; }

    /// <summary>The common parent of sandboxes without a path of their own.</summary>
    public const string CommonParent = "kata";

    /// <summary>The default: below the common parent, with the vCPUs in a group of their own.</summary>
    public static CgroupPlacement Default { get; } = new(CommonParent, "", SandboxOnly: false);
}

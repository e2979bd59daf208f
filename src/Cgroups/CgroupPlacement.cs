namespace KataActors.Cgroups;

/// <summary>Where the groups of a sandbox are, as paths below each hierarchy's root. It stays the same for the sandbox's whole life.</summary>
/// <param name="Parent">The group below which the sandbox's group is made.</param>
/// <param name="Overhead">The group below which what is no vCPU gets a group of its own; empty when it belongs into the sandbox's group.</param>
/// <param name="SandboxOnly">All threads share the sandbox's group, and the CPU limit holds for all of them.</param>
public sealed record CgroupPlacement(string Parent, string Overhead, bool SandboxOnly)
{
    /// <summary>The name of the sandbox's group; null for the sandbox's host name.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// By which the sandbox's groups are known as its own: a group of their name that is not marked so is refused, and never removed. Empty for groups that bear
    /// no mark: those of a version that did not mark them, and those whose names nobody else uses.
    /// </summary>
    public Guid Owner { get; init; }

    /// <summary>The common parent of sandboxes whose specification decides nothing.</summary>
    public const string CommonParent = "kata";

    /// <summary>Below the common parent, the vCPUs in a group of their own.</summary>
    public static CgroupPlacement Default { get; } = new(CommonParent, "", SandboxOnly: false);
}

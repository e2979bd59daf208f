namespace KataActors.Cgroups.Controllers;

/// <summary>One resource controller of one hierarchy, as far as the sandbox's groups there are concerned.</summary>
internal interface IController
{
    /// <summary>Refuses what the kernel, or a group above, would not give. Changes nothing; the groups need not exist.</summary>
    /// <exception cref="CgroupException">What is asked for is not possible, and why.</exception>
    void Check(ResourceRequest request);

    /// <summary>Makes the groups able to hold threads and sets the limits; takes back those that are not asked for any more.</summary>
    void Set(ResourceRequest request);

    /// <summary>Adds what the groups' files say. Changes nothing.</summary>
    CgroupProtocol.Status Read(CgroupProtocol.Status status);
}

/// <summary>What a sandbox is to be held to, within the bounds of kernel and guest.</summary>
/// <param name="Cpu">The limit of all vCPUs together; null for none.</param>
/// <param name="Limits">All else.</param>
internal sealed record ResourceRequest(CpuLimit? Cpu, ResourceLimits Limits)
{
    /// <summary>The limit of all vCPUs stays what it is.</summary>
    internal bool KeepsCpu { get; init; }

    /// <summary>Whether a file of the sandbox's own group is written as the user says, and so by nobody else.</summary>
    internal bool Leaves(string file) => Limits.Unified.ContainsKey(file);
}

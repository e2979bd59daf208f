namespace KataActors.Cgroups.Controllers;

/// <summary>One resource controller of one hierarchy, for the sandbox's groups there.</summary>
internal interface IController
{
    /// <summary>Refuses limits that the kernel or an ancestor group would not allow. Changes nothing; the groups need not exist.</summary>
    /// <exception cref="CgroupException">The request is not possible; the message says why.</exception>
    void Check(ResourceRequest request);

    /// <summary>Makes the groups able to hold threads and sets the limits; lifts limits that are no longer requested.</summary>
    void Set(ResourceRequest request);

    /// <summary>Adds the values of the groups' files. Changes nothing.</summary>
    CgroupProtocol.Status Read(CgroupProtocol.Status status);
}

/// <summary>The limits of a sandbox, within the bounds of kernel and guest.</summary>
/// <param name="Cpu">The limit of all vCPUs together; null for none.</param>
/// <param name="Limits">All other limits.</param>
internal sealed record ResourceRequest(CpuLimit? Cpu, ResourceLimits Limits)
{
    /// <summary>The limit of all vCPUs stays unchanged.</summary>
    internal bool KeepsCpu { get; init; }
}

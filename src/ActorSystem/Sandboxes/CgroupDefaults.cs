using KataActors.Cgroups;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>How the host cgroups of sandboxes are placed and limited; keys <c>kata-actors.cgroups.*</c>.</summary>
public sealed record CgroupDefaults
{
    /// <summary>Whether the specification's <c>linux.cgroupsPath</c> decides the place of the sandbox's group.</summary>
    public bool ParentFromSpec { get; init; }

    /// <summary>Whether all threads share one group and one limit.</summary>
    public bool SandboxOnly { get; init; }

    /// <summary>Parent of a separate group for the threads other than vCPUs; empty to keep them in the sandbox's group.</summary>
    public string OverheadParent { get; init; } = "";

    /// <summary>The effect of a container without a CPU limit on the limit of its sandbox.</summary>
    public UnlimitedContainers Unlimited { get; init; } = UnlimitedContainers.LiftTheLimit;

    /// <summary>The lowest CPU limit, in percent of one CPU.</summary>
    public int LeastCpuPercent { get; init; } = 5;

    /// <summary>Allowance of the memory limit beyond the guest's memory, in MiB.</summary>
    public uint MemoryOverheadMib { get; init; } = 256;

    /// <summary>Allowance of the task limit beyond the sum of the containers' limits.</summary>
    public int ThreadsOverhead { get; init; } = 256;

    /// <summary>Whether each vCPU is pinned to a CPU of its own when the cpuset has exactly as many CPUs as there are vCPUs.</summary>
    public bool PinVcpus { get; init; }

    /// <summary>The placement of a sandbox's groups by the specification of its first container, marked with the uuid of its owner.</summary>
    /// <exception cref="FormatException">The specification's path is not valid.</exception>
    public CgroupPlacement Place(RuntimeSpec spec, Guid owner)
    {
        var usual = new CgroupPlacement(CgroupPlacement.CommonParent, OverheadParent, SandboxOnly) { Owner = owner };
        if (!ParentFromSpec || spec.Linux?.CgroupsPath is not { Length: > 0 } path)
        {
            return usual;
        }

        var (parent, name) = CgroupsPath.Parse(path);
        return usual with { Parent = parent, Name = name };
    }
}

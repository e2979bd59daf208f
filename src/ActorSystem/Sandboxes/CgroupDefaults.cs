using KataActors.Cgroups;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>How the host cgroups of sandboxes are made and limited; keys <c>kata-actors.cgroups.*</c>.</summary>
public sealed record CgroupDefaults
{
    /// <summary>Whether the specification's <c>linux.cgroupsPath</c> decides where the sandbox's group is.</summary>
    public bool ParentFromSpec { get; init; }

    /// <summary>Whether all threads share one group, and one limit.</summary>
    public bool SandboxOnly { get; init; }

    /// <summary>Below which group what is no vCPU gets a group of its own; empty when it belongs into the sandbox's.</summary>
    public string OverheadParent { get; init; } = "";

    /// <summary>What a container without a CPU limit means for the others of its sandbox.</summary>
    public UnlimitedContainers Unlimited { get; init; } = UnlimitedContainers.LiftTheLimit;

    /// <summary>The least CPU limit, in percent of one CPU.</summary>
    public int LeastCpuPercent { get; init; } = 5;

    /// <summary>Room beside the guest's memory, in MiB.</summary>
    public uint MemoryOverheadMib { get; init; } = 256;

    /// <summary>Room beside the containers' own number of tasks.</summary>
    public int ThreadsOverhead { get; init; } = 256;

    /// <summary>Whether each vCPU gets a CPU of its own when the cpuset has as many.</summary>
    public bool PinVcpus { get; init; }

    /// <summary>Where the groups of a sandbox will be, by the specification of its first container, and by which uuid they are known as its own.</summary>
    /// <exception cref="FormatException">The specification's path cannot be one.</exception>
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

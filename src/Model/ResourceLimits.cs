namespace KataActors.Model;

/// <summary>The limits of a sandbox's groups beside the vCPUs' <see cref="CpuLimit"/>. All but the pinning of vCPUs belong to the sandbox's own group.</summary>
public sealed record ResourceLimits
{
    /// <summary>No limits.</summary>
    public static ResourceLimits None { get; } = new();

    /// <summary>Weight against other groups, as v1 counts it: 2 to 262144; null for the kernel's default of 1024.</summary>
    public long? CpuShares { get; init; }

    /// <summary>The CPUs to run on, as in cpuset(7); empty for those of the parent group.</summary>
    public CpuList Cpus { get; init; } = CpuList.Empty;

    /// <summary>The memory nodes to use; empty for those of the parent group.</summary>
    public CpuList MemoryNodes { get; init; } = CpuList.Empty;

    /// <summary>The most memory in bytes; null for no limit.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The guest's memory in bytes. A lower memory limit is refused.</summary>
    public long GuestMemoryBytes { get; init; }

    /// <summary>The most threads on the host; null for no limit.</summary>
    public long? Threads { get; init; }
}

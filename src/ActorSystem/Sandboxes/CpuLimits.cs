namespace KataActors.Runtime.Sandboxes;

/// <summary>The CPU limit of a sandbox, computed from the limits of its containers.</summary>
internal static class CpuLimits
{
    /// <summary>Merges the limits of all containers but the stopped ones; null means no limit.</summary>
    public static CpuLimit? Of(SandboxRecord record, UnlimitedContainers unlimited) => CpuQuota.Merge(
        Counted(record)
            .Select(container => container.Spec.Linux?.Resources?.Cpu)
            .Select(cpu => new CpuRequest(cpu?.Quota, cpu?.Period)),
        unlimited);

    /// <summary>The same limit as written to the kernel.</summary>
    public static CpuLimit? ForKernel(SandboxRecord record, CgroupDefaults defaults) => Of(record, defaults.Unlimited)?.ForKernel(defaults.LeastCpuPercent);

    /// <summary>Containers whose limits count, in order of creation, the sandbox's own first.</summary>
    public static IEnumerable<ContainerRecord> Counted(SandboxRecord record) => record.Containers.Values
        .Where(container => container.Status != ContainerStatus.Stopped && !container.Deleting)
        .OrderByDescending(container => container.Key == record.Key)
        .ThenBy(container => container.CreatedAt);
}

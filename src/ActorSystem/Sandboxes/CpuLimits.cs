using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The CPU limit of a sandbox, out of those of its containers.</summary>
internal static class CpuLimits
{
    /// <summary>Merges the limits of the containers that are not stopped; null is no limit.</summary>
    public static CpuLimit? Of(SandboxRecord record, UnlimitedContainers unlimited) => CpuQuota.Merge(
        Counted(record)
            .Select(container => container.Spec.Linux?.Resources?.Cpu)
            .Select(cpu => new CpuRequest(cpu?.Quota, cpu?.Period)),
        unlimited);

    /// <summary>The same as the kernel gets it.</summary>
    public static CpuLimit? ForKernel(SandboxRecord record, CgroupDefaults defaults) => Of(record, defaults.Unlimited)?.ForKernel(defaults.LeastCpuPercent);

    /// <summary>The containers whose limits count, in the order of their creation, the sandbox's own first.</summary>
    public static IEnumerable<ContainerRecord> Counted(SandboxRecord record) => record.Containers.Values
        .Where(container => container.Status != ContainerStatus.Stopped && !container.Deleting)
        .OrderByDescending(container => container.Key == record.Key)
        .ThenBy(container => container.CreatedAt);
}

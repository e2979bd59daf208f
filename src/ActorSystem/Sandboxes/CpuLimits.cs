using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The CPU limit of a sandbox, out of those of its containers.</summary>
internal static class CpuLimits
{
    /// <summary>Merges the limits of the containers that are not stopped, in the order of their creation; null is no limit.</summary>
    public static CpuLimit? Of(SandboxRecord record) => CpuQuota.Merge(
        record.Containers.Values
            .Where(container => container.Status != ContainerStatus.Stopped && !container.Deleting)
            .OrderBy(container => container.CreatedAt)
            .Select(container => container.Spec.Linux?.Resources?.Cpu)
            .Select(cpu => new CpuRequest(cpu?.Quota, cpu?.Period)),
        UnlimitedContainers.LiftTheLimit);
}

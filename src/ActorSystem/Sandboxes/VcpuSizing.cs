using KataActors.Cgroups;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>How many vCPUs a sandbox is to have.</summary>
internal static class VcpuSizing
{
    // Thirds do not add up to whole numbers in decimals; this is far below what a quota in microseconds can say.
    private const int Digits = 9;

    /// <summary>Those that it boots with, and as many as the quotas of its containers that are not stopped add up to, rounded up.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="maximum">The most there can be; it never takes away one that the sandbox boots with.</param>
    public static int Count(SandboxRecord record, uint maximum)
    {
        var cpus = record.Containers.Values
            .Where(container => container.Status != ContainerStatus.Stopped && !container.Deleting)
            .Sum(container => Cpus(container.Spec.Linux?.Resources?.Cpu));
        var wanted = record.Vcpus + Math.Ceiling(Math.Round(cpus, Digits));
        return (int)Math.Min(wanted, Math.Max(maximum, record.Vcpus));
    }

    private static decimal Cpus(CpuSpec? cpu) => new CpuRequest(cpu?.Quota, cpu?.Period).Limit is { } limit ? (decimal)limit.QuotaUs / limit.PeriodUs : 0;
}

using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The number of vCPUs of a sandbox.</summary>
internal static class VcpuSizing
{
    // Decimal thirds do not add up to whole numbers. The rounding is far finer than a quota in microseconds.
    private const int Digits = 9;

    /// <summary>The vCPUs at boot plus the sum of the quotas of all containers but the stopped ones, rounded up.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="maximum">Upper bound; it never goes below the vCPUs at boot.</param>
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

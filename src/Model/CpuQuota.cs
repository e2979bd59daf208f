namespace KataActors.Model;

/// <summary>The CPU limit in one container's spec, <c>linux.resources.cpu</c>.</summary>
/// <param name="QuotaUs">CFS quota in microseconds; null or not positive when there is none.</param>
/// <param name="PeriodUs">CFS period in microseconds; null or not positive for the kernel's default.</param>
public readonly record struct CpuRequest(long? QuotaUs, long? PeriodUs)
{
    /// <summary>The limit, if there is a quota.</summary>
    public CpuLimit? Limit => QuotaUs > 0 ? new CpuLimit(QuotaUs.Value, PeriodUs > 0 ? PeriodUs.Value : CpuLimit.DefaultPeriodUs) : null;
}

/// <summary>The meaning of a container without a limit for a sandbox with limited ones.</summary>
public enum UnlimitedContainers
{
    /// <summary>The sandbox is unlimited.</summary>
    LiftTheLimit,

    /// <summary>It does not count: the sandbox's limit is the sum of the others.</summary>
    DoNotCount,
}

/// <summary>Computes a sandbox's CPU limit.</summary>
public static class CpuQuota
{
    /// <summary>
    /// The sum of the containers' limits, on the period of the first limited one: each further quota is scaled to that period, and cut
    /// to whole microseconds. Null means unlimited.
    /// </summary>
    public static CpuLimit? Merge(IEnumerable<CpuRequest> containers, UnlimitedContainers unlimited)
    {
        CpuLimit? sum = null;
        foreach (var container in containers)
        {
            if (container.Limit is { } limit)
            {
                sum = sum is { } before
                    ? before with { QuotaUs = Add(before.QuotaUs, Scale(limit.QuotaUs, limit.PeriodUs, before.PeriodUs)) }
                    : limit;
            }
            else if (unlimited == UnlimitedContainers.LiftTheLimit)
            {
                return null;
            }
        }

        return sum;
    }

    /// <summary>Converts <paramref name="quotaUs"/> from <paramref name="periodUs"/> to the equal quota on <paramref name="newPeriodUs"/>.</summary>
    internal static long Scale(long quotaUs, long periodUs, long newPeriodUs) =>
        (long)Int128.Min((Int128)quotaUs * newPeriodUs / periodUs, long.MaxValue);

    private static long Add(long first, long second) => first > long.MaxValue - second ? long.MaxValue : first + second;
}

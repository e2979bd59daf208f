using System.Globalization;

namespace KataActors.Cgroups;

/// <summary>The writes to control files of the v1 <c>cpu</c> controller, in order, that lead from one limit to another.</summary>
internal static class CpuLimitWrites
{
    internal const string QuotaFile = "cpu.cfs_quota_us";
    internal const string PeriodFile = "cpu.cfs_period_us";
    internal const string StatisticsFile = "cpu.stat";

    /// <summary>
    /// The kernel takes quota and period one by one, and refuses a share above that of an ancestor group. A growing period is written
    /// first and a shrinking one last, so that between the writes the share is never larger than both before and after.
    /// </summary>
    /// <param name="currentQuotaUs">The quota now; negative when unlimited.</param>
    /// <param name="currentPeriodUs">The period now.</param>
    /// <param name="target">The new limit; null for unlimited, which leaves the period unchanged.</param>
    internal static IReadOnlyList<(string File, string Value)> Plan(long currentQuotaUs, long currentPeriodUs, CpuLimit? target)
    {
        var quotaUs = target?.QuotaUs ?? -1;
        var periodUs = target?.PeriodUs ?? currentPeriodUs;
        var writes = new List<(string, string)>(2);
        if (quotaUs != currentQuotaUs && (quotaUs >= 0 || currentQuotaUs >= 0))
        {
            writes.Add((QuotaFile, quotaUs.ToString(CultureInfo.InvariantCulture)));
        }

        if (periodUs != currentPeriodUs)
        {
            writes.Insert(periodUs > currentPeriodUs ? 0 : writes.Count, (PeriodFile, periodUs.ToString(CultureInfo.InvariantCulture)));
        }

        return writes;
    }
}

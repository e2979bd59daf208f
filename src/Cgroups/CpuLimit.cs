namespace KataActors.Cgroups;

/// <summary>A CFS bandwidth limit: so many microseconds of CPU time in each period.</summary>
/// <param name="QuotaUs">CPU time, in microseconds; may exceed the period (more than one CPU).</param>
/// <param name="PeriodUs">Length of the period, in microseconds.</param>
public readonly record struct CpuLimit(long QuotaUs, long PeriodUs)
{
    /// <summary>The kernel's own period, for a quota that comes without one.</summary>
    public const long DefaultPeriodUs = 100_000;

    /// <summary>The kernel's least quota and least period.</summary>
    public const long LeastUs = 1_000;

    /// <summary>The kernel's longest period.</summary>
    public const long LongestPeriodUs = 1_000_000;

    /// <summary>The kernel's largest quota.</summary>
    public const long LargestQuotaUs = (1L << 44) - 1;

    /// <summary>
    /// The nearest limit that the kernel takes and the guest can live with, with the same share of CPU as far as that is possible.
    /// </summary>
    /// <param name="leastPercent">Of one CPU: below that a guest could not answer any more.</param>
    public CpuLimit ForKernel(int leastPercent)
    {
        var period = Math.Clamp(PeriodUs, LeastUs, LongestPeriodUs);
        var quota = period == PeriodUs ? QuotaUs : CpuQuota.Scale(QuotaUs, PeriodUs, period);
        var least = Math.Max(LeastUs, period * leastPercent / 100);
        return new CpuLimit(Math.Clamp(quota, least, LargestQuotaUs), period);
    }

    /// <summary>Whether it allows more than the other does.</summary>
    public bool IsMoreThan(CpuLimit other) => (Int128)QuotaUs * other.PeriodUs > (Int128)other.QuotaUs * PeriodUs;

    /// <inheritdoc/>
    public override string ToString() => $"{QuotaUs}/{PeriodUs}";
}

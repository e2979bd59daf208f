namespace KataActors.Model;

/// <summary>A CFS bandwidth limit: so many microseconds of CPU time in each period.</summary>
/// <param name="QuotaUs">CPU time, in microseconds; may exceed the period (more than one CPU).</param>
/// <param name="PeriodUs">Length of the period, in microseconds.</param>
public readonly record struct CpuLimit(long QuotaUs, long PeriodUs)
{
    /// <summary>The kernel's default period, for a quota without one.</summary>
    public const long DefaultPeriodUs = 100_000;

    /// <summary>The kernel's least quota and least period.</summary>
    public const long LeastUs = 1_000;

    /// <summary>The kernel's longest period.</summary>
    public const long LongestPeriodUs = 1_000_000;

    /// <summary>The kernel's largest quota.</summary>
    public const long LargestQuotaUs = (1L << 44) - 1;

    /// <summary>
    /// The nearest limit that the kernel accepts and that leaves the guest able to answer, with the same share of CPU if possible.
    /// </summary>
    /// <param name="leastPercent">The floor in percent of one CPU; with less a guest could not answer.</param>
    public CpuLimit ForKernel(int leastPercent)
    {
        var period = Math.Clamp(PeriodUs, LeastUs, LongestPeriodUs);
        var quota = period == PeriodUs ? QuotaUs : CpuQuota.Scale(QuotaUs, PeriodUs, period);
        var least = Math.Max(LeastUs, period * leastPercent / 100);
        return new CpuLimit(Math.Clamp(quota, least, LargestQuotaUs), period);
    }

    /// <summary>Whether it allows more than the other one.</summary>
    public bool IsMoreThan(CpuLimit other) => (Int128)QuotaUs * other.PeriodUs > (Int128)other.QuotaUs * PeriodUs;

    /// <inheritdoc/>
    public override string ToString() => $"{QuotaUs}/{PeriodUs}";
}

namespace KataActors.Model.Tests;

public sealed class CpuLimitSpecs
{
    [Theory]
    [InlineData(7_500, 10_000, 7_500, 10_000)]
    [InlineData(1_000, 1_000_000, 1_000, 1_000_000)]
    [InlineData(999, 100_000, 1_000, 100_000)]
    [InlineData(1, 1, 1_000, 1_000)]
    [InlineData(500, 500, 1_000, 1_000)]
    [InlineData(4_000_000, 2_000_000, 2_000_000, 1_000_000)]
    [InlineData(long.MaxValue, 100_000, CpuLimit.LargestQuotaUs, 100_000)]
    [InlineData(long.MaxValue, 1, CpuLimit.LargestQuotaUs, 1_000)]
    public void Should_stay_within_what_the_kernel_takes(long quota, long period, long kernelQuota, long kernelPeriod) =>
        Assert.Equal(new CpuLimit(kernelQuota, kernelPeriod), new CpuLimit(quota, period).ForKernel(leastPercent: 0));

    [Theory]
    [InlineData(7_500, 10_000, 7_500)]
    [InlineData(20_000, 100_000, 20_000)]
    [InlineData(5_000, 100_000, 5_000)]
    [InlineData(4_999, 100_000, 5_000)]
    [InlineData(1_000, 1_000_000, 50_000)]
    [InlineData(1_000, 2_000, 1_000)]
    public void Should_leave_the_guest_enough_to_answer(long quota, long period, long kernelQuota) =>
        Assert.Equal(new CpuLimit(kernelQuota, period), new CpuLimit(quota, period).ForKernel(leastPercent: 5));
}

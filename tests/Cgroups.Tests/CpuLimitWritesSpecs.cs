using Xunit;

namespace KataActors.Cgroups.Tests;

public sealed class CpuLimitWritesSpecs
{
    [Theory]
    [InlineData(-1, 100_000, 20_000L, 100_000L, "quota 20000")]
    [InlineData(-1, 100_000, 5_000L, 10_000L, "quota 5000, period 10000")]
    [InlineData(5_000, 10_000, 50_000L, 100_000L, "period 100000, quota 50000")]
    [InlineData(50_000, 100_000, 5_000L, 10_000L, "quota 5000, period 10000")]
    [InlineData(5_000, 10_000, 5_000L, 10_000L, "")]
    [InlineData(5_000, 10_000, 6_000L, 10_000L, "quota 6000")]
    [InlineData(5_000, 10_000, 5_000L, 20_000L, "period 20000")]
    [InlineData(5_000, 10_000, null, null, "quota -1")]
    [InlineData(-1, 10_000, null, null, "")]
    public void Should_write_only_what_changes_in_the_order_that_cannot_fail(long quota, long period, long? newQuota, long? newPeriod, string expected)
    {
        CpuLimit? target = newQuota is null ? null : new CpuLimit(newQuota.Value, newPeriod!.Value);

        var writes = CpuLimitWrites.Plan(quota, period, target).Select(write => $"{write.File.Replace("cpu.cfs_", "").Replace("_us", "")} {write.Value}");

        Assert.Equal(expected, string.Join(", ", writes));
    }

    [Fact]
    public void Should_never_pass_through_a_larger_share_than_before_and_after()
    {
        var random = new Random(4711);
        for (var round = 0; round < 2_000; round++)
        {
            long quota = random.Next(1_000, 2_000_000), period = random.Next(1_000, 1_000_000);
            var target = new CpuLimit(random.Next(1_000, 2_000_000), random.Next(1_000, 1_000_000));
            var most = Math.Max((double)quota / period, (double)target.QuotaUs / target.PeriodUs);

            foreach (var (file, value) in CpuLimitWrites.Plan(quota, period, target))
            {
                (quota, period) = file == CpuLimitWrites.QuotaFile ? (long.Parse(value), period) : (quota, long.Parse(value));
                Assert.True((double)quota / period <= most);
            }

            Assert.Equal(target, new CpuLimit(quota, period));
        }
    }
}

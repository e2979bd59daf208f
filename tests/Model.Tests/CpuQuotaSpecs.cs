namespace KataActors.Model.Tests;

public sealed class CpuQuotaSpecs
{
    public static TheoryData<CpuRequest[], CpuLimit?> Vectors => new()
    {
        { [], null },
        { [new(null, null), new(null, null)], null },
        { [new(0, 100_000), new(20_000, 100_000)], new CpuLimit(20_000, 100_000) },
        { [new(10_000, 0), new(20_000, 100_000)], new CpuLimit(30_000, 100_000) },
        { [new(10_000, null), new(20_000, 100_000)], new CpuLimit(30_000, 100_000) },
        { [new(20_000, 50_000), new(50_000, null)], new CpuLimit(45_000, 50_000) },
        { [new(50_000, null)], new CpuLimit(50_000, 100_000) },
        { [new(null, 50_000), new(50_000, null)], new CpuLimit(50_000, 100_000) },
        { [new(-1, 100_000), new(20_000, 100_000)], new CpuLimit(20_000, 100_000) },
        { [new(1_000, 2_000), new(20_000, 100_000)], new CpuLimit(1_400, 2_000) },
        { [new(5_000, 10_000), new(10_000, 40_000)], new CpuLimit(7_500, 10_000) },
        { [new(1_000, 3_000), new(1_000, 7_000)], new CpuLimit(1_428, 3_000) },
        { [new(long.MaxValue, 1), new(long.MaxValue, 1)], new CpuLimit(long.MaxValue, 1) },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Should_add_up_what_counts_on_the_first_period(CpuRequest[] containers, CpuLimit? merged) =>
        Assert.Equal(merged, CpuQuota.Merge(containers, UnlimitedContainers.DoNotCount));

    [Theory]
    [InlineData(null, null)]
    [InlineData(0L, 100_000L)]
    [InlineData(-1L, 100_000L)]
    [InlineData(null, 100_000L)]
    public void Should_be_unlimited_when_one_container_is(long? quota, long? period)
    {
        CpuRequest limited = new(20_000, 100_000), unlimited = new(quota, period);

        Assert.Null(CpuQuota.Merge([limited, unlimited], UnlimitedContainers.LiftTheLimit));
        Assert.Null(CpuQuota.Merge([unlimited, limited], UnlimitedContainers.LiftTheLimit));
        Assert.Equal(new CpuLimit(40_000, 100_000), CpuQuota.Merge([limited, limited], UnlimitedContainers.LiftTheLimit));
    }

    [Theory]
    [InlineData(UnlimitedContainers.LiftTheLimit)]
    [InlineData(UnlimitedContainers.DoNotCount)]
    public void Should_be_the_old_limit_again_whichever_containers_came_and_went(UnlimitedContainers unlimited)
    {
        var random = new Random(4711);
        for (var round = 0; round < 500; round++)
        {
            var containers = Enumerable.Range(0, random.Next(0, 5)).Select(_ => Any(random)).ToList();
            var before = CpuQuota.Merge(containers, unlimited);
            var changed = containers.ToList();
            for (var guests = random.Next(1, 4); guests > 0; guests--)
            {
                changed.Insert(random.Next(changed.Count + 1), Any(random));
                _ = CpuQuota.Merge(changed, unlimited);
            }

            changed.RemoveAll(container => !containers.Contains(container));

            Assert.Equal(before, CpuQuota.Merge(changed, unlimited));
        }
    }

    [Fact]
    public void Should_mean_the_same_share_in_any_order_of_containers()
    {
        var random = new Random(4711);
        for (var round = 0; round < 500; round++)
        {
            var containers = Enumerable.Range(0, random.Next(1, 6))
                .Select(_ => new CpuRequest(random.Next(1_000, 400_000), random.Next(1_000, 1_000_000)))
                .ToArray();
            var expected = containers.Sum(container => (double)container.QuotaUs!.Value / container.PeriodUs!.Value);
            random.Shuffle(containers);

            var merged = CpuQuota.Merge(containers, UnlimitedContainers.LiftTheLimit)!.Value;

            Assert.Equal(containers[0].PeriodUs, merged.PeriodUs);
            Assert.InRange(expected - ((double)merged.QuotaUs / merged.PeriodUs), -1e-9, (double)containers.Length / merged.PeriodUs);
        }
    }

    private static CpuRequest Any(Random random) => random.Next(4) == 0
        ? new CpuRequest(null, null)
        : new CpuRequest(random.Next(1_000, 400_000), random.Next(1_000, 1_000_000));
}

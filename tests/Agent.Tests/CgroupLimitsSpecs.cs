using KataActors.Agent.Containers;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

public sealed class CgroupLimitsSpecs
{
    [Theory]
    [InlineData(0ul, 1ul)]
    [InlineData(2ul, 1ul)]
    [InlineData(1024ul, 39ul)]
    [InlineData(262_144ul, 10_000ul)]
    [InlineData(ulong.MaxValue, 10_000ul)]
    public void Should_convert_shares_to_weight_as_every_runtime_does(ulong shares, ulong weight) => Assert.Equal(weight, CgroupLimits.Weight(shares));

    [Fact]
    public void Should_write_nothing_when_nothing_is_limited()
    {
        Assert.Empty(CgroupLimits.From(null));
        Assert.Empty(CgroupLimits.From(new LinuxResources { CPU = new LinuxCPU(), Memory = new LinuxMemory(), Pids = new LinuxPids() }));
    }

    [Fact]
    public void Should_convert_each_limit()
    {
        var resources = new LinuxResources
        {
            CPU = new LinuxCPU { Quota = 50_000, Shares = 1024 },
            Memory = new LinuxMemory { Limit = 1000, Reservation = 500, Swap = 3000 },
            Pids = new LinuxPids { Limit = -1 },
        };

        Assert.Equal(
            [("cpu.weight", "39"), ("cpu.max", "50000 100000"), ("memory.max", "1000"), ("memory.low", "500"), ("memory.swap.max", "2000"), ("pids.max", "max")],
            CgroupLimits.From(resources));
    }

    [Fact]
    public void Should_take_minus_one_as_unlimited()
    {
        var resources = new LinuxResources { CPU = new LinuxCPU { Quota = -1, Period = 20_000 }, Memory = new LinuxMemory { Limit = -1, Swap = -1 } };

        Assert.Equal([("cpu.max", "max 20000"), ("memory.max", "max"), ("memory.swap.max", "max")], CgroupLimits.From(resources));
    }

    [Fact]
    public void Should_lift_what_is_not_given_when_the_limits_are_whole()
    {
        var resources = new LinuxResources { CPU = new LinuxCPU { Quota = 50_000 }, Memory = new LinuxMemory { Limit = 1000 } };

        Assert.Equal(
            [
                ("cpu.max.burst", "0"), ("cpu.idle", "0"), ("cpu.max", "50000 100000"), ("memory.max", "1000"), ("cpu.weight", "100"), ("memory.low", "0"),
                ("memory.swap.max", "max"), ("pids.max", "max"),
            ],
            CgroupLimits.Whole(resources));
    }

    [Fact]
    public void Should_order_burst_and_idleness_as_the_kernel_demands()
    {
        var idle = new LinuxCPU { Quota = 50_000, Burst = 20_000, Shares = 1024, Idle = 1 };
        var busy = new LinuxCPU { Shares = 1024, Idle = 0 };

        Assert.Equal([("cpu.max", "50000 100000"), ("cpu.max.burst", "20000"), ("cpu.idle", "1")], CgroupLimits.From(new LinuxResources { CPU = idle }));
        Assert.Equal([("cpu.idle", "0"), ("cpu.weight", "39")], CgroupLimits.From(new LinuxResources { CPU = busy }));
        Assert.DoesNotContain("cpu.weight", CgroupLimits.Whole(new LinuxResources { CPU = idle }).Select(limit => limit.File));
    }

    [Fact]
    public void Should_refuse_swap_below_memory()
    {
        var resources = new LinuxResources { Memory = new LinuxMemory { Limit = 1000, Swap = 999 } };

        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<TtrpcException>(() => CgroupLimits.From(resources)).Code);
    }
}

using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor with the real kernel: the limits of real threads.</summary>
public sealed class HostLimitSpecs : HostMachine
{
    [Fact]
    public async Task Should_throttle_at_the_limit_and_no_longer_once_it_is_lifted()
    {
        using var busy = ChildScript.Start("while :; do :; done");
        var actor = Actor();

        Apply(actor, busy, new CpuLimit(20_000, 100_000), busy.Pid);

        await AwaitAssertAsync(() => Assert.True(Status(actor).Throttling.ThrottledPeriods >= 3), Deadline.Span);
        Assert.True(Status(actor).Throttling.ThrottledTime > TimeSpan.Zero);
        Assert.Null(Apply(actor, busy, null, busy.Pid).Limit);
        var released = Status(actor).Throttling.ThrottledPeriods;
        var enough = CpuTime(busy.Pid) + 20;
        await AwaitConditionAsync(() => Task.FromResult(CpuTime(busy.Pid) >= enough), Deadline.Span);
        Assert.Equal(released, Status(actor).Throttling.ThrottledPeriods);
        Destroy(actor);
    }

    [Theory]
    [InlineData(1_000, 1_000)]
    [InlineData(1_000, 1_000_000)]
    [InlineData(1, 1_000_000)]
    [InlineData(500, 500)]
    [InlineData(9_000_000, 5_000_000)]
    [InlineData(long.MaxValue, 100_000)]
    public void Should_set_every_limit_that_a_spec_can_name(long quota, long period)
    {
        using var child = ChildScript.Start("exec sleep 600");
        Settings = Settings with { LeastCpuPercent = 0 };
        var actor = Actor();

        var limit = Apply(actor, child, new CpuLimit(quota, period), child.Pid).Limit!.Value;

        Assert.Equal($"{limit.QuotaUs} {limit.PeriodUs}", LimitOf(Layout.Vcpu));
        Destroy(actor);
    }

    [Fact]
    public void Should_go_from_limit_to_limit_below_a_group_that_allows_no_more()
    {
        using var child = ChildScript.Start("exec sleep 600");
        var actor = Actor();
        Apply(actor, child, new CpuLimit(50_000, 100_000), child.Pid);
        LimitTo(Layout.Sandbox, 50_000, 100_000);

        foreach (var limit in new CpuLimit[] { new(5_000, 10_000), new(500_000, 1_000_000), new(5_000, 100_000), new(1_000, 2_000) })
        {
            Apply(actor, child, limit, child.Pid);
            Assert.Equal($"{limit.QuotaUs} {limit.PeriodUs}", LimitOf(Layout.Vcpu));
        }

        var more = new CgroupProtocol.Apply(Identity(child), [child.Pid], new CpuLimit(60_000, 100_000));
        if (IsUnified)
        {
            // In version 2 the kernel applies the smaller of both limits.
            Ask<CgroupProtocol.Applied>(actor, more);
        }
        else
        {
            Assert.Contains("is more than the 50000/100000 that", Ask<CgroupFailure>(actor, more).Failure.Message);
            Assert.Equal("1000 2000", LimitOf(Layout.Vcpu));
        }

        Destroy(actor);
    }

    [Fact]
    public async Task Should_hold_the_whole_sandbox_to_weight_cpus_memory_and_threads_and_let_go_again()
    {
        var (vmm, tids) = await ThreadedProgram.StartAsync(2);
        using var process = vmm;
        var actor = Actor();
        var limits = new ResourceLimits { CpuShares = 2048, Cpus = CpuList.Parse("0"), MemoryBytes = 256 << 20, GuestMemoryBytes = 64 << 20, Threads = 200 };

        var applied = Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(Identity(vmm), [.. tids], null) { Resources = limits });

        Assert.Empty(applied.Unmet);
        var status = Status(actor);
        Assert.Equal((IsUnified ? 79 : 2048, "0", 256 << 20, 200), (status.CpuWeight, status.Cpus, status.MemoryLimitBytes, status.ThreadLimit));
        Assert.Equal([0], CpuAffinity.Get(tids[0]));

        Apply(actor, vmm, null, tids);

        status = Status(actor);
        Assert.Equal((IsUnified ? 100 : 1024, null, null), (status.CpuWeight, status.MemoryLimitBytes, status.ThreadLimit));
        Assert.Equal(CpuAffinity.Get(Environment.ProcessId), CpuAffinity.Get(tids[0]));
        Destroy(actor);
    }

    [Fact]
    public async Task Should_pin_each_vcpu_to_a_cpu_of_its_own_and_let_go_again()
    {
        var cpus = CpuAffinity.Get(Environment.ProcessId);
        Assert.SkipUnless(cpus.Count >= 2, "this machine has one CPU");
        Settings = Settings with { PinVcpus = true };
        var (vmm, tids) = await ThreadedProgram.StartAsync(2);
        using var process = vmm;
        var actor = Actor();
        var resources = new ResourceLimits { Cpus = CpuList.Parse($"{cpus[0]},{cpus[1]}") };

        Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(Identity(vmm), [.. tids], null) { Resources = resources });
        Assert.Equal([cpus[0]], CpuAffinity.Get(tids[0]));
        Assert.Equal([cpus[1]], CpuAffinity.Get(tids[1]));

        Apply(actor, vmm, null, tids);
        Assert.All(tids, tid => Assert.Equal(cpus, CpuAffinity.Get(tid)));
        Destroy(actor);
    }

    // utime in clock ticks of 10 ms.
    private static long CpuTime(int pid) => long.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[11]);
}

using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>A group directly at the root, with the lowest weight, like those of pool VMs: the vCPUs are known later than the process.</summary>
public sealed class RootGroupSpecs : FakeMachine
{
    private static readonly ResourceLimits s_least = new() { CpuShares = 2 };

    public RootGroupSpecs() => Settings = Settings with { Placement = new CgroupPlacement("", "", SandboxOnly: false) };

    [Fact]
    public void Should_weigh_the_least_against_all_that_runs_on_a_host_with_version_1()
    {
        Ask<CgroupProtocol.Applied>(Command(resources: s_least) with { VcpuTids = [] });
        Assert.Equal([10, 11, 12], Members("/cg/x/tasks"));
        Assert.Equal("2", Text("/cg/x/cpu.shares"));

        Apply(resources: s_least);

        Assert.Equal([11, 12], Members("/cg/x/vcpu/tasks"));
        Destroy();
        Assert.Empty(Status().Paths);
    }

    [Fact]
    public void Should_weigh_the_least_against_all_that_runs_on_a_host_with_version_2()
    {
        Files.Unmount().MountV2("/v2", "cpuset", "cpu", "io", "memory", "pids");
        Ask<CgroupProtocol.Applied>(Command(resources: s_least) with { VcpuTids = [] });
        Assert.Equal([10, 11, 12], Members("/v2/x/cgroup.threads"));
        Assert.Equal("1", Text("/v2/x/cpu.weight"));

        Apply(resources: s_least);

        Assert.Equal([11, 12], Members("/v2/x/vcpu/cgroup.threads"));
        Destroy();
        Assert.Empty(Status().Paths);
    }
}

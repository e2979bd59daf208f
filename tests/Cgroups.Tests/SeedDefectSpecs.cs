using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>
/// The defects of host cgroups in the first version of Kata that had them, one test each. The first and the third concern the sandbox as a whole
/// and are tested there.
/// </summary>
public sealed class SeedDefectSpecs : FakeMachine
{
    [Fact]
    public void Should_not_cap_the_vm_at_one_containers_quota_when_another_is_unlimited_defect_2()
    {
        CpuRequest[] containers = [new(20_000, 100_000), new(null, null)];

        Apply(CpuQuota.Merge(containers, UnlimitedContainers.LiftTheLimit));
        Assert.Equal("-1", Text("/cg/kata/x/vcpu/cpu.cfs_quota_us"));

        Apply(CpuQuota.Merge(containers, UnlimitedContainers.DoNotCount));
        Assert.Equal("20000", Text("/cg/kata/x/vcpu/cpu.cfs_quota_us"));
    }

    [Fact]
    public void Should_not_fail_on_a_quota_below_what_the_kernel_takes_defect_4()
    {
        Files.Fault = call => call.StartsWith("write /cg/kata/x/vcpu/cpu.cfs_quota_us ", StringComparison.Ordinal) && long.Parse(call.Split(' ')[^1]) is >= 0 and < 1_000
            ? Errno.EINVAL
            : null;

        Assert.Equal(new CpuLimit(5_000, 100_000), Apply(new CpuLimit(500, 100_000)).Limit);
    }

    [Fact]
    public void Should_not_leave_groups_behind_when_threads_die_while_they_are_moved_defect_5()
    {
        Apply();
        var attempts = 0;
        // Each thread is dying: it cannot be moved, and keeps its group busy for a moment.
        Files.Fault = call => call.StartsWith("write /cg/kata/tasks", StringComparison.Ordinal) && attempts++ < 4 ? Errno.ESRCH : null;

        Destroy();

        Assert.Empty(Files.Subdirectories("/cg/kata"));
    }

    [Fact]
    public void Should_not_make_groups_for_a_command_that_only_reads_defect_6()
    {
        Assert.Empty(Status().Paths);

        Assert.Empty(Files.Log);
        Assert.Empty(Files.Subdirectories("/cg"));
    }

    [Fact]
    public void Should_work_on_a_host_with_cgroup_v2_only_defect_7()
    {
        Files.Unmount().MountV2("/v2", "cpu", "memory", "pids", "cpuset");

        Assert.Equal([11, 12], Apply(new CpuLimit(7_500, 10_000)).VcpuTids);
        Destroy();
        Assert.Empty(Files.Subdirectories("/v2/kata"));
    }
}

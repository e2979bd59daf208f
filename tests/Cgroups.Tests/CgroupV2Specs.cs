using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The v2 hierarchy in memory, with the kernel's rules on threaded groups and inner processes.</summary>
public sealed class CgroupV2Specs : FakeMachine
{
    private const string Sandbox = "/v2/kata/x";

    public CgroupV2Specs() => Files.Unmount().MountV2("/v2", "cpuset", "cpu", "io", "memory", "pids", "hugetlb");

    [Fact]
    public void Should_make_a_threaded_group_of_vcpus_below_the_sandboxs_domain()
    {
        var applied = Apply(new CpuLimit(7_500, 10_000));

        Assert.Equal([Sandbox, $"{Sandbox}/vcpu"], applied.Paths);
        Assert.Equal("threaded", Text($"{Sandbox}/vcpu/cgroup.type"));
        Assert.Equal("cpu", Text($"{Sandbox}/cgroup.subtree_control"));
        Assert.Equal("cpu cpuset io memory pids", string.Join(' ', Text("/v2/kata/cgroup.subtree_control").Split(' ').Order()));
        Assert.Equal("7500 10000", Text($"{Sandbox}/vcpu/cpu.max"));
        Assert.Equal("max 100000", Text($"{Sandbox}/cpu.max"));
        Assert.Equal([10], Members($"{Sandbox}/cgroup.threads"));
        Assert.Equal([11, 12], Members($"{Sandbox}/vcpu/cgroup.threads"));
        Assert.Equal(new CpuLimit(7_500, 10_000), Status().Limit);
    }

    [Fact]
    public void Should_enter_with_the_whole_process_once_and_by_threads_from_then_on()
    {
        Apply();
        Files.VmmThreads = () => [10, 11, 12, 13];
        var before = Files.Log.Count;

        Apply();

        Assert.DoesNotContain(Files.Log.Skip(before), entry => entry.Contains("cgroup.procs"));
        Assert.Equal([10, 13], Members($"{Sandbox}/cgroup.threads"));
    }

    [Fact]
    public void Should_set_all_limits_of_the_sandbox_and_take_them_back()
    {
        Apply(resources: new ResourceLimits
        {
            CpuShares = 262_144,
            Cpus = CpuList.Parse("1-2"),
            MemoryBytes = 512 << 20,
            GuestMemoryBytes = 256 << 20,
            Threads = 300,
        });

        Assert.Equal(
            ("10000", "1-2", "536870912", "300"),
            (Text($"{Sandbox}/cpu.weight"), Text($"{Sandbox}/cpuset.cpus"), Text($"{Sandbox}/memory.max"), Text($"{Sandbox}/pids.max")));

        Apply();

        Assert.Equal(
            ("100", "0-3", "max", "max"),
            (Text($"{Sandbox}/cpu.weight"), Text($"{Sandbox}/cpuset.cpus"), Text($"{Sandbox}/memory.max"), Text($"{Sandbox}/pids.max")));
    }

    [Theory]
    [InlineData(2, "1")]
    [InlineData(1024, "39")]
    [InlineData(262_144, "10000")]
    public void Should_translate_shares(long shares, string weight)
    {
        Apply(resources: new ResourceLimits { CpuShares = shares });

        Assert.Equal(weight, Text($"{Sandbox}/cpu.weight"));
    }

    [Fact]
    public void Should_move_whole_processes_out_into_the_daemons_group_and_remove_all()
    {
        Files.Processes[Vmm.Pid] = [10, 11, 12];
        Files.Processes[90] = [90, 91];
        Apply();
        Files.Write($"{Sandbox}/cgroup.procs", "90");

        Destroy();

        Assert.Equal(["/v2/kata"], Files.Subdirectories("/v2").Except(["/v2/own"]));
        Assert.Empty(Files.Subdirectories("/v2/kata"));
        Assert.Equal([10, 11, 12, 90, 91], Members("/v2/own/cgroup.threads"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("/../elsewhere")]
    [InlineData("/gone")]
    public void Should_move_processes_to_the_root_when_the_daemons_group_is_not_there(string? own)
    {
        Files.OwnGroup = own;
        Files.Processes[Vmm.Pid] = [10, 11, 12];
        Apply();

        Destroy();

        Assert.Equal([10, 11, 12], Members("/v2/cgroup.threads"));
    }

    [Fact]
    public void Should_do_without_a_controller_that_cannot_be_enabled_and_tell_so()
    {
        Files.Fault = call => call.EndsWith("subtree_control +memory", StringComparison.Ordinal) ? Errno.EBUSY : null;

        var applied = Apply(resources: new ResourceLimits { MemoryBytes = 512 << 20, GuestMemoryBytes = 256 << 20 });

        Assert.Equal(["the VM's memory is not limited on the host: the cgroup controller \"memory\" is not available"], applied.Unmet);
        Assert.Equal([11, 12], applied.VcpuTids);
    }

    [Fact]
    public void Should_fail_when_the_cpu_controller_cannot_be_enabled()
    {
        Files.Fault = call => call.EndsWith("subtree_control +cpu", StringComparison.Ordinal) ? Errno.EBUSY : null;

        Assert.Equal("write \"/v2/cgroup.subtree_control\": device or resource busy", Refused().Message);
    }

    [Fact]
    public void Should_keep_the_overhead_in_a_threaded_group_of_the_same_domain()
    {
        Settings = Settings with { Placement = new CgroupPlacement("kata", "over", SandboxOnly: false) };

        Apply();

        Assert.Equal([10], Members($"{Sandbox}/overhead/cgroup.threads"));
        Assert.Equal([11, 12], Members($"{Sandbox}/vcpu/cgroup.threads"));
        Assert.Empty(Members($"{Sandbox}/cgroup.threads"));
        Destroy();
        Assert.Empty(Files.Subdirectories("/v2/kata"));
    }

    [Fact]
    public void Should_have_a_plain_domain_when_all_threads_share_one_group()
    {
        Settings = Settings with { Placement = new CgroupPlacement("kubepods.slice/pod1.slice", "", SandboxOnly: true) };

        Apply(new CpuLimit(7_500, 10_000));

        Assert.Equal("7500 10000", Text("/v2/kubepods.slice/pod1.slice/x/cpu.max"));
        Assert.Equal("domain", Text("/v2/kubepods.slice/pod1.slice/x/cgroup.type"));
        Assert.Equal([10, 11, 12], Members("/v2/kubepods.slice/pod1.slice/x/cgroup.threads"));
    }

    [Fact]
    public void Should_leave_the_limit_alone_when_it_is_to_stay()
    {
        Apply(new CpuLimit(7_500, 10_000));

        Assert.Equal(new CpuLimit(7_500, 10_000), Ask<CgroupProtocol.Applied>(Command() with { KeepsLimit = true }).Limit);
        Assert.Equal("7500 10000", Text($"{Sandbox}/vcpu/cpu.max"));
    }

    [Fact]
    public void Should_try_again_when_a_thread_is_not_yet_in_the_domain()
    {
        var refusals = 0;
        Files.Fault = call => call.EndsWith("/vcpu/cgroup.threads 11", StringComparison.Ordinal) && refusals++ < 2 ? Errno.EOPNOTSUPP : null;

        Assert.Equal([11, 12], Apply().VcpuTids.Order());
        Assert.Equal(3, refusals);
    }
}

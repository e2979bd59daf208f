using KataActors.Linux;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>Every v1 subsystem, alone or together with others.</summary>
public sealed class ControllersV1Specs : FakeMachine
{
    public ControllersV1Specs() => Files.Unmount()
        .MountV1("/v1/cpu", "cpu", "cpuacct")
        .MountV1("/v1/cpuset", "cpuset")
        .MountV1("/v1/memory", "memory")
        .MountV1("/v1/pids", "pids")
        .MountV1("/v1/freezer", "freezer");

    [Fact]
    public void Should_have_the_same_groups_with_the_same_threads_in_every_hierarchy()
    {
        var applied = Apply(new CpuLimit(7_500, 10_000));

        foreach (var hierarchy in new[] { "/v1/cpu", "/v1/cpuset", "/v1/memory", "/v1/pids", "/v1/freezer" })
        {
            Assert.Equal([10], Members($"{hierarchy}/kata/x/tasks"));
            Assert.Equal([11, 12], Members($"{hierarchy}/kata/x/vcpu/tasks"));
            Assert.Contains($"{hierarchy}/kata/x", applied.Paths);
            Assert.Contains($"{hierarchy}/kata/x/vcpu", applied.Paths);
        }

        Assert.Equal(["/v1/cpu/kata/x", "/v1/cpu/kata/x/vcpu"], applied.Paths.Take(2));
        Assert.Equal(applied.Paths.Order(), Status().Paths.Order());
    }

    [Fact]
    public void Should_leave_no_directory_in_any_hierarchy_and_not_report_success_before()
    {
        Settings = Settings with { Deadline = TimeSpan.FromSeconds(1) };
        Apply();
        Files.Fault = call => call == "rmdir /v1/freezer/kata/x" ? Errno.EBUSY : null;

        Assert.Equal("rmdir \"/v1/freezer/kata/x\": device or resource busy", Ask<CgroupFailure>(new CgroupProtocol.Destroy()).Failure.Message);

        Files.Fault = _ => null;
        Destroy();
        Assert.All(Files.Mounts(), mount => Assert.Empty(Files.Subdirectories($"{mount.MountPoint}/kata")));
    }

    [Fact]
    public void Should_fill_a_fresh_cpuset_before_threads_come()
    {
        Apply();

        var writes = Files.Log.Where(entry => entry.StartsWith("write /v1/cpuset", StringComparison.Ordinal)).ToList();
        Assert.Equal("0-3", Text("/v1/cpuset/kata/x/vcpu/cpuset.cpus"));
        Assert.Equal("0", Text("/v1/cpuset/kata/x/vcpu/cpuset.mems"));
        Assert.True(
            writes.FindLastIndex(entry => entry.Contains("cpuset.")) < writes.FindIndex(entry => entry.Contains("cgroup.procs")), string.Join('\n', writes));
    }

    [Fact]
    public void Should_move_between_cpusets_without_leaving_the_outer_group_at_any_time()
    {
        Apply(resources: new ResourceLimits { Cpus = CpuList.Parse("0-1"), MemoryNodes = CpuList.Parse("0") });
        Assert.Equal(("0-1", "0-1"), (Text("/v1/cpuset/kata/x/cpuset.cpus"), Text("/v1/cpuset/kata/x/vcpu/cpuset.cpus")));
        var before = Files.Log.Count;

        Apply(resources: new ResourceLimits { Cpus = CpuList.Parse("2") });

        Assert.Equal(
            ["write /v1/cpuset/kata/x/cpuset.cpus 0-2", "write /v1/cpuset/kata/x/vcpu/cpuset.cpus 2", "write /v1/cpuset/kata/x/cpuset.cpus 2"],
            Files.Log.Skip(before).Where(entry => entry.Contains("cpuset.cpus")));
        Apply();
        Assert.Equal(("0-3", "0-3"), (Text("/v1/cpuset/kata/x/cpuset.cpus"), Text("/v1/cpuset/kata/x/vcpu/cpuset.cpus")));
        Assert.Equal("0-3", Status().Cpus);
    }

    [Fact]
    public void Should_refuse_cpus_that_the_group_above_has_not_and_change_nothing()
    {
        var failure = Refused(resources: new ResourceLimits { Cpus = CpuList.Parse("2-5") });

        Assert.Equal(FailureCode.FailedPrecondition, failure.Code);
        Assert.Equal("cpus 2-5 of \"/v1/cpuset/kata/x\" are not all among 0-3, which \"/v1/cpuset\" allows", failure.Message);
        Assert.Empty(Files.Log);
    }

    [Fact]
    public void Should_set_shares_memory_and_threads_of_the_whole_sandbox_and_take_them_back()
    {
        Apply(resources: new ResourceLimits { CpuShares = 2048, MemoryBytes = 512 << 20, GuestMemoryBytes = 256 << 20, Threads = 300 });

        Assert.Equal("2048", Text("/v1/cpu/kata/x/cpu.shares"));
        Assert.Equal("536870912", Text("/v1/memory/kata/x/memory.limit_in_bytes"));
        Assert.Equal("300", Text("/v1/pids/kata/x/pids.max"));
        Assert.Equal("max", Text("/v1/pids/kata/x/vcpu/pids.max"));
        var status = Status();
        Assert.Equal((2048, 536870912, 4096, 300), (status.CpuWeight, status.MemoryLimitBytes, status.MemoryBytes, status.ThreadLimit));

        Apply();

        Assert.Equal("1024", Text("/v1/cpu/kata/x/cpu.shares"));
        Assert.Equal("-1", Text("/v1/memory/kata/x/memory.limit_in_bytes"));
        Assert.Equal("max", Text("/v1/pids/kata/x/pids.max"));
        Assert.Null(Status().ThreadLimit);
    }

    [Fact]
    public void Should_refuse_a_group_above_that_cannot_hold_the_guests_memory_and_change_nothing()
    {
        Files.MakeDirectory("/v1/memory/kata");
        Files.Write("/v1/memory/kata/memory.limit_in_bytes", "134217728");
        var before = Files.Log.Count;

        var failure = Refused(resources: new ResourceLimits { GuestMemoryBytes = 256 << 20 });

        Assert.Equal("memory limit 134217728 of \"/v1/memory/kata\" cannot hold the guest's memory, which is 268435456 bytes", failure.Message);
        Assert.Equal(before, Files.Log.Count);
    }

    [Fact]
    public void Should_explain_a_cpu_limit_above_that_of_a_group_above_before_it_writes()
    {
        Files.MakeDirectory("/v1/cpu/kata");
        Files.Write("/v1/cpu/kata/cpu.cfs_quota_us", "50000");
        var before = Files.Log.Count;

        var failure = Refused(new CpuLimit(60_000, 100_000));

        Assert.Equal(FailureCode.FailedPrecondition, failure.Code);
        Assert.Equal("cpu limit 60000/100000 of \"/v1/cpu/kata/x/vcpu\" is more than the 50000/100000 that \"/v1/cpu/kata\" allows", failure.Message);
        Assert.Equal(before, Files.Log.Count);
        Assert.Equal(new CpuLimit(5_000, 10_000), Apply(new CpuLimit(5_000, 10_000)).Limit);
        Assert.Null(Apply().Limit);
    }

    [Fact]
    public void Should_place_threads_and_tell_the_limit_that_is_in_force_when_it_is_to_stay()
    {
        Apply(new CpuLimit(7_500, 10_000));
        Files.VmmThreads = () => [10, 11, 12, 13];

        foreach (var asked in new CpuLimit?[] { null, new CpuLimit(20_000, 10_000) })
        {
            var applied = Ask<CgroupProtocol.Applied>(Command(asked) with { KeepsLimit = true });

            Assert.Equal(new CpuLimit(7_500, 10_000), applied.Limit);
            Assert.Equal("7500", Text("/v1/cpu/kata/x/vcpu/cpu.cfs_quota_us"));
        }

        Assert.Equal([10, 13], Members("/v1/cpu/kata/x/tasks"));
    }

    [Fact]
    public void Should_tell_what_the_machine_cannot_limit()
    {
        Files.Unmount().MountV1("/v1/cpu", "cpu");

        var unmet = Apply(resources: new ResourceLimits { MemoryBytes = 1 << 30, Threads = 300, Cpus = CpuList.Parse("0") }).Unmet;

        Assert.Equal(3, unmet.Length);
        Assert.Contains("the VM's memory is not limited on the host: the cgroup controller \"memory\" is not available", unmet);
        Assert.Empty(Apply().Unmet);
    }

    [Fact]
    public void Should_hold_all_threads_to_the_limit_when_they_share_one_group()
    {
        Settings = Settings with { Placement = new CgroupPlacement("pods/p1", "", SandboxOnly: true) };

        var applied = Apply(new CpuLimit(7_500, 10_000));

        Assert.Equal([11, 12], applied.VcpuTids);
        Assert.Equal([10, 11, 12], Members("/v1/cpu/pods/p1/x/tasks"));
        Assert.Equal("7500", Text("/v1/cpu/pods/p1/x/cpu.cfs_quota_us"));
        Assert.Equal("0-3", Text("/v1/cpuset/pods/p1/x/cpuset.cpus"));
        Assert.Empty(Files.Subdirectories("/v1/cpu/pods/p1/x"));
        Destroy();
        Assert.Empty(Files.Subdirectories("/v1/cpu/pods/p1"));
        Assert.Equal(["/v1/cpu/pods/p1"], Files.Subdirectories("/v1/cpu/pods"));
    }

    [Fact]
    public void Should_put_what_is_no_vcpu_into_the_overhead_group()
    {
        Settings = Settings with { Placement = new CgroupPlacement("kata", "kata_overhead", SandboxOnly: false) };
        Files.Processes[Helper.Pid] = [20, 21];

        Ask<CgroupProtocol.Applied>(Command() with { Helpers = [Helper] });

        Assert.Equal([10, 20, 21], Members("/v1/cpu/kata_overhead/x/tasks"));
        Assert.Equal([11, 12], Members("/v1/cpu/kata/x/vcpu/tasks"));
        Assert.Empty(Members("/v1/cpu/kata/x/tasks"));
        Assert.Equal([10, 20, 21], Status().OtherTids.Order());
        Destroy();
        Assert.Empty(Files.Subdirectories("/v1/cpu/kata_overhead"));
        Assert.Empty(Files.Subdirectories("/v1/cpu/kata"));
    }

    [Fact]
    public void Should_place_helpers_and_pass_over_those_that_have_ended()
    {
        Files.Processes[Helper.Pid] = [20];
        Files.Processes[99] = [99];

        Ask<CgroupProtocol.Applied>(Command() with { Helpers = [Helper, new ProcessIdentity(99, 1), Helper with { StartTime = 1 }] });

        Assert.Equal([10, 20], Members("/v1/cpu/kata/x/tasks"));
        Destroy();
        Assert.Contains(20, Members("/v1/cpu/kata/tasks"));
    }

    [Theory]
    [InlineData("1-2", "1", "2")]
    [InlineData("0-2", "0,1,2", "0,1,2")]
    [InlineData("", "0,1,2,3", "0,1,2,3")]
    public void Should_pin_each_vcpu_only_when_there_are_as_many_cpus(string cpus, string first, string second)
    {
        Settings = Settings with { PinVcpus = true };
        Apply(resources: new ResourceLimits { Cpus = CpuList.Parse(cpus) });

        Assert.Equal((first, second), (string.Join(',', Files.Affinity[11]), string.Join(',', Files.Affinity[12])));
        Assert.DoesNotContain(10, Files.Affinity.Keys);
    }

    [Fact]
    public void Should_pin_nothing_unless_told_and_pass_over_vcpus_that_have_ended()
    {
        Apply(resources: new ResourceLimits { Cpus = CpuList.Parse("1-2") });
        Assert.Empty(Files.Affinity);

        Settings = Settings with { PinVcpus = true };
        Files.Fault = call => call.StartsWith("affinity 11", StringComparison.Ordinal) ? Errno.ESRCH : null;
        Apply(resources: new ResourceLimits { Cpus = CpuList.Parse("1-2") });
        Assert.Equal([12], Files.Affinity.Keys);
    }

    private static ProcessIdentity Helper { get; } = ProcessIdentity.TryRead(1)!.Value;
}

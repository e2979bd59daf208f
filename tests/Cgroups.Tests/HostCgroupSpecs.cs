using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor with the real kernel: real groups, real threads, real limits.</summary>
public sealed class HostCgroupSpecs : HostMachine
{
    private const string Qemu = "exec qemu-system-x86_64 -nodefaults -no-user-config -display none -accel tcg,thread=multi -smp 2 -m 64 -name debug-threads=on -S";

    [Fact]
    public async Task Should_put_vcpu_threads_and_the_others_of_a_qemu_into_their_groups()
    {
        using var qemu = ChildScript.Start(Qemu);
        var vcpus = await VcpusAsync(qemu.Pid, 2);
        var others = Threads(qemu.Pid).Keys.Except(vcpus).ToList();
        Assert.NotEmpty(others);
        var actor = Actor();

        var applied = Apply(actor, qemu, new CpuLimit(7_500, 10_000), [.. vcpus]);

        Assert.Equal(vcpus.Order(), applied.VcpuTids.Order());
        Assert.Equal(("7500 10000", "max 100000"), (LimitOf(Layout.Vcpu), LimitOf(Layout.Sandbox)));
        Assert.All(vcpus, tid => Assert.Equal(Layout.Vcpu, GroupOf(tid)));
        Assert.All(others, tid => Assert.Equal(Layout.Sandbox, GroupOf(tid)));

        var status = Status(Actor());
        Assert.Equal(Mounts.SelectMany(mount => CgroupLayout.In(mount, Settings.Placement, Name).Groups).Order(), status.Paths.Order());
        Assert.Equal(new CpuLimit(7_500, 10_000), status.Limit);
        Assert.Equal(vcpus.Order(), status.VcpuTids.Order());
        Assert.Equal(others.Order(), status.OtherTids.Order());
        Destroy(actor);
    }

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
    public async Task Should_write_the_users_files_of_version_2_and_refuse_them_elsewhere()
    {
        var (vmm, tids) = await ThreadedProgram.StartAsync(2);
        using var process = vmm;
        var actor = Actor();
        var command = new CgroupProtocol.Apply(Identity(vmm), [.. tids], null)
        {
            Resources = new ResourceLimits { Unified = ResourceLimits.None.Unified.Add("memory.high", "268435456").Add("pids.max", "77") },
        };

        if (IsUnified)
        {
            Ask<CgroupProtocol.Applied>(actor, command);
            Assert.Equal(("268435456", "77"), (Read(Layout.Sandbox, "memory.high"), Read(Layout.Sandbox, "pids.max")));
        }
        else
        {
            Assert.Contains("needs cgroup v2", Ask<CgroupFailure>(actor, command).Failure.Message);
            Assert.Empty(Left(Name));
        }

        await actor.Ask<CgroupProtocol.Destroyed>(new CgroupProtocol.Destroy(), Deadline.Span);
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

    [Fact]
    public async Task Should_pass_over_dead_threads_and_leave_foreign_ones_alone()
    {
        using var vmm = ChildScript.Start("exec sleep 600");
        using var foreign = ChildScript.Start("exec sleep 600");
        using var dead = ChildScript.Start("exit 0");
        await dead.Pidfd.WaitForExitAsync(Deadline.Token);
        dead.Pidfd.TryReap();
        var before = GroupOf(foreign.Pid);
        var actor = Actor();

        Assert.Empty(Apply(actor, vmm, null, dead.Pid, foreign.Pid).VcpuTids);

        Assert.Equal(before, GroupOf(foreign.Pid));
        Destroy(actor);
    }

    [Fact]
    public async Task Should_keep_up_with_threads_that_start_and_end_all_the_time()
    {
        var (vmm, tids) = await ThreadedProgram.StartAsync(3, churn: true);
        using var process = vmm;
        var actor = Actor();

        for (var round = 0; round < 5; round++)
        {
            var reply = await actor.Ask<object>(new CgroupProtocol.Apply(Identity(vmm), [.. tids], new CpuLimit(50_000, 100_000)), Deadline.Span);
            // "Faster than they can be placed" is an allowed failure; a dying thread must cause none.
            Assert.True(reply is CgroupProtocol.Applied or CgroupFailure { Failure.Code: FailureCode.DeadlineExceeded }, reply.ToString());
            Assert.All(tids, tid => Assert.Equal(Layout.Vcpu, GroupOf(tid)));
        }

        Destroy(actor);
        Assert.True(Identity(vmm).IsAlive());
    }

    [Fact]
    public async Task Should_place_the_vms_helpers_beside_it()
    {
        var (vmm, tids) = await ThreadedProgram.StartAsync(2);
        using var process = vmm;
        using var helper = ChildScript.Start("exec sleep 600");
        using var ended = ChildScript.Start("exit 0");
        await ended.Pidfd.WaitForExitAsync(Deadline.Token);
        var actor = Actor();

        Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(Identity(vmm), [.. tids], null) { Helpers = [Identity(helper), Identity(ended)] });

        Assert.Equal(Layout.Sandbox, GroupOf(helper.Pid));
        Destroy(actor);
        Assert.True(Identity(helper).IsAlive());
        Assert.NotEqual(Layout.Sandbox, GroupOf(helper.Pid));
    }

    [Fact]
    public async Task Should_remove_the_groups_when_the_vmm_was_killed_that_moment()
    {
        using var qemu = ChildScript.Start(Qemu);
        var vcpus = await VcpusAsync(qemu.Pid, 2);
        var actor = Actor();
        Apply(actor, qemu, new CpuLimit(7_500, 10_000), [.. vcpus]);

        qemu.Pidfd.Signal(Signals.SIGKILL);

        Destroy(actor);
    }

    [Fact]
    public void Should_move_a_foreign_process_out_and_not_hurt_it()
    {
        using var vmm = ChildScript.Start("exec sleep 600");
        using var foreign = ChildScript.Start("exec sleep 600");
        var actor = Actor();
        Apply(actor, vmm, null, vmm.Pid);
        KernelFiles.Write(Path.Combine(Layout.Sandbox, "cgroup.procs"), $"{foreign.Pid}");
        KernelFiles.MakeDirectory(Path.Combine(Layout.Sandbox, "inner"), (UnixFileMode)0b111_101_101);
        if (!IsUnified)
        {
            KernelFiles.Write(Path.Combine(Layout.Sandbox, "inner", "tasks"), $"{foreign.Pid}");
        }

        Destroy(actor);

        Assert.Equal(IsUnified ? GroupOf(Environment.ProcessId) : Layout.Parent, GroupOf(foreign.Pid));
        Assert.True(Identity(foreign).IsAlive());
    }

    [Fact]
    public void Should_make_vanished_groups_again_and_be_destroyed_without_them()
    {
        using var vmm = ChildScript.Start("exec sleep 600");
        var actor = Actor();
        Apply(actor, vmm, new CpuLimit(7_500, 10_000), vmm.Pid);
        RemoveBehindItsBack(vmm);

        Assert.Equal([vmm.Pid], Apply(actor, vmm, new CpuLimit(7_500, 10_000), vmm.Pid).VcpuTids);

        RemoveBehindItsBack(vmm);
        Assert.Empty(Status(actor).Paths);
        Destroy(actor);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Should_do_the_same_wherever_the_groups_are(bool sandboxOnly, bool overheadApart)
    {
        var (parent, overhead) = ($"{Name}-pods", $"{Name}-overhead");
        Settings = Settings with { Placement = new CgroupPlacement(parent, overheadApart ? overhead : "", sandboxOnly) };
        var (vmm, tids) = await ThreadedProgram.StartAsync(2);
        var actor = Actor();
        try
        {
            var applied = Apply(actor, vmm, new CpuLimit(50_000, 100_000), tids);

            Assert.Equal(tids.Order(), applied.VcpuTids.Order());
            Assert.Equal("50000 100000", LimitOf(Layout.Vcpu));
            Assert.All(tids, tid => Assert.Equal(Layout.Vcpu, GroupOf(tid)));
            Assert.Equal(Layout.Others, GroupOf(vmm.Pid));
            Destroy(actor);
            Assert.All(Mounts, mount => Assert.False(Directory.Exists(CgroupLayout.In(mount, Settings.Placement, Name).Others)));
        }
        finally
        {
            vmm.Dispose();
            await SandboxCgroup.Find(new CgroupFileSystem(), Settings, Name).DestroyAsync(unmarkedToo: false, Deadline.Token);
            foreach (var mount in Mounts)
            {
                KernelFiles.RemoveDirectory(Path.Combine(mount.MountPoint, parent));
                KernelFiles.RemoveDirectory(Path.Combine(mount.MountPoint, overhead));
            }
        }
    }

    [Fact]
    public async Task Should_be_exactly_where_it_is_told_and_leave_the_group_that_somebody_else_made_there()
    {
        var parent = $"{Name}-pods";
        var placement = new CgroupPlacement(parent, "", SandboxOnly: false) { Name = "c", Owner = Guid.NewGuid() };
        var vmm = ChildScript.Start("exec sleep 600");
        try
        {
            Settings = Settings with { Placement = placement };
            var actor = Actor();
            Apply(actor, vmm, new CpuLimit(50_000, 100_000), vmm.Pid);
            Assert.Equal((Path.Combine(Main.MountPoint, parent, "c", "vcpu"), "50000 100000"), (GroupOf(vmm.Pid), LimitOf(Layout.Vcpu)));
            Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
            Assert.All(Mounts, mount => Assert.Empty(Directory.GetDirectories(Path.Combine(mount.MountPoint, parent))));

            KernelFiles.MakeDirectory(Layout.Sandbox, (UnixFileMode)0b111_101_101);
            Settings = Settings with { Placement = placement with { Owner = Guid.NewGuid() } };
            var second = Actor();
            Assert.Contains($"\"{Layout.Sandbox}\" exists already", Ask<CgroupFailure>(second, new CgroupProtocol.Apply(Identity(vmm), [vmm.Pid], null)).Failure.Message);
            Ask<CgroupProtocol.Destroyed>(second, new CgroupProtocol.Destroy());
            Assert.True(Directory.Exists(Layout.Sandbox));
        }
        finally
        {
            vmm.Dispose();
            await SandboxCgroup.Find(new CgroupFileSystem(), Settings, Name).DestroyAsync(unmarkedToo: false, Deadline.Token);
            KernelFiles.RemoveDirectory(Layout.Sandbox);
            foreach (var mount in Mounts)
            {
                KernelFiles.RemoveDirectory(Path.Combine(mount.MountPoint, parent));
            }
        }
    }

    // utime in clock ticks of 10 ms.
    private static long CpuTime(int pid) => long.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[11]);

    private async Task<IReadOnlyList<int>> VcpusAsync(int pid, int count)
    {
        var vcpus = new List<int>();
        await AwaitAssertAsync(
            () =>
            {
                vcpus = [.. Threads(pid).Where(thread => thread.Value.StartsWith("CPU ", StringComparison.Ordinal)).Select(thread => thread.Key)];
                Assert.Equal(count, vcpus.Count);
            },
            Deadline.Span);
        return vcpus;
    }

    private void RemoveBehindItsBack(ChildScript member)
    {
        var own = IsUnified ? GroupOf(Environment.ProcessId) : null;
        foreach (var mount in Mounts)
        {
            KernelFiles.Write(Path.Combine(own ?? mount.MountPoint, "cgroup.procs"), $"{member.Pid}");
            foreach (var group in CgroupLayout.In(mount, Settings.Placement, Name).Groups.Reverse())
            {
                KernelFiles.RemoveDirectory(group);
            }
        }
    }
}

using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor with the real kernel: which threads are in which groups, and what becomes of the groups.</summary>
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

using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.TestKit;
using KataActors.Linux;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Cgroups.Tests;

/// <summary>The actor on the cgroup v1 file system of this machine, with real processes and a real QEMU's threads.</summary>
public sealed class HostCgroupSpecs : TestKit
{
    private const string Qemu = "exec qemu-system-x86_64 -nodefaults -no-user-config -display none -accel tcg,thread=multi -smp 2 -m 64 -name debug-threads=on -S";
    private readonly string _name = $"test-{Guid.NewGuid():N}";
    private readonly CgroupSettings _settings = new();
    private readonly ImmutableArray<CgroupMount> _mounts;
    private readonly string _hierarchy;

    public HostCgroupSpecs()
    {
        _mounts = CgroupMount.Choose(MountInfo.ReadOwn(), KernelFiles.Read);
        Assert.SkipWhen(_mounts.IsEmpty || _mounts[0].IsUnified, "this machine has no cgroup v1 cpu hierarchy");
        _hierarchy = Cpu.MountPoint;
    }

    private CgroupMount Cpu => _mounts.First(mount => mount.Controllers.Contains("cpu"));

    private CgroupLayout Layout => CgroupLayout.In(Cpu, CgroupPlacement.Default, _name);

    [Fact]
    public async Task Should_put_vcpu_threads_and_the_others_into_their_groups()
    {
        using var qemu = ChildScript.Start(Qemu);
        var vcpus = await VcpusAsync(qemu.Pid, 2);
        var others = Threads(qemu.Pid).Keys.Except(vcpus).ToList();
        Assert.NotEmpty(others);
        var actor = Actor();

        var applied = Apply(actor, qemu, new CpuLimit(7_500, 10_000), [.. vcpus]);

        Assert.Equal(vcpus.Order(), applied.VcpuTids.Order());
        Assert.Equal(("7500\n", "10000\n"), (Read("vcpu/cpu.cfs_quota_us"), Read("vcpu/cpu.cfs_period_us")));
        Assert.Equal("-1\n", Read("cpu.cfs_quota_us"));
        Assert.All(vcpus, tid => Assert.Contains($":cpu:/kata/{_name}/vcpu\n", File.ReadAllText($"/proc/{qemu.Pid}/task/{tid}/cgroup")));
        Assert.All(others, tid => Assert.Contains($":cpu:/kata/{_name}\n", File.ReadAllText($"/proc/{qemu.Pid}/task/{tid}/cgroup")));

        var status = Ask<CgroupProtocol.Status>(Actor(), new CgroupProtocol.GetStatus());
        Assert.Equal(_mounts.SelectMany(mount => CgroupLayout.In(mount, CgroupPlacement.Default, _name).Groups).Order(), status.Paths.Order());
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

        await AwaitAssertAsync(() => Assert.True(Throttling(actor).ThrottledPeriods >= 3), Deadline.Span);
        Assert.True(Throttling(actor).ThrottledTime > TimeSpan.Zero);
        Assert.Null(Apply(actor, busy, null, busy.Pid).Limit);
        var released = Throttling(actor).ThrottledPeriods;
        var enough = CpuTime(busy.Pid) + 20;
        await AwaitConditionAsync(() => Task.FromResult(CpuTime(busy.Pid) >= enough), Deadline.Span);
        Assert.Equal(released, Throttling(actor).ThrottledPeriods);
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
        var actor = Actor();

        var limit = Apply(actor, child, new CpuLimit(quota, period), child.Pid).Limit!.Value;

        Assert.Equal(($"{limit.QuotaUs}\n", $"{limit.PeriodUs}\n"), (Read("vcpu/cpu.cfs_quota_us"), Read("vcpu/cpu.cfs_period_us")));
        Destroy(actor);
    }

    [Fact]
    public void Should_go_from_limit_to_limit_below_a_parent_that_allows_no_more()
    {
        using var child = ChildScript.Start("exec sleep 600");
        var actor = Actor();
        Apply(actor, child, new CpuLimit(50_000, 100_000), child.Pid);
        KernelFiles.Write(Path.Combine(Layout.Sandbox, "cpu.cfs_quota_us"), "50000");

        Apply(actor, child, new CpuLimit(5_000, 10_000), child.Pid);
        Apply(actor, child, new CpuLimit(500_000, 1_000_000), child.Pid);
        Apply(actor, child, new CpuLimit(1_000, 100_000), child.Pid);
        Apply(actor, child, new CpuLimit(1_000, 2_000), child.Pid);
        actor.Tell(new CgroupProtocol.Apply(Identity(child), [child.Pid], new CpuLimit(60_000, 100_000)), TestActor);

        Assert.Equal(CgroupFailureKind.FailedPrecondition, ExpectMsg<CgroupFailure>(Deadline.Span).Kind);
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
        var before = File.ReadAllText($"/proc/{foreign.Pid}/cgroup");
        var actor = Actor();

        Assert.Empty(Apply(actor, vmm, null, dead.Pid, foreign.Pid).VcpuTids);

        Assert.Equal(before, File.ReadAllText($"/proc/{foreign.Pid}/cgroup"));
        Destroy(actor);
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
    public void Should_move_a_foreign_process_to_the_common_parent_and_not_hurt_it()
    {
        using var vmm = ChildScript.Start("exec sleep 600");
        using var foreign = ChildScript.Start("exec sleep 600");
        var actor = Actor();
        Apply(actor, vmm, null, vmm.Pid);
        KernelFiles.Write(Path.Combine(Layout.Vcpu, "cgroup.procs"), $"{foreign.Pid}");
        KernelFiles.MakeDirectory(Path.Combine(Layout.Sandbox, "inner"), (UnixFileMode)0b111_101_101);
        KernelFiles.Write(Path.Combine(Layout.Sandbox, "inner", "tasks"), $"{foreign.Pid}");

        Destroy(actor);

        Assert.Contains(":cpu:/kata\n", File.ReadAllText($"/proc/{foreign.Pid}/cgroup"));
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
        Assert.Empty(Ask<CgroupProtocol.Status>(actor, new CgroupProtocol.GetStatus()).Paths);
        Destroy(actor);
    }

    [Fact]
    public async Task Should_leave_no_directory_after_many_at_once()
    {
        var sandboxes = Enumerable.Range(0, 20).Select(i => (Name: $"{_name}-{i}", Vmm: ChildScript.Start("sleep 600 & sleep 600 & wait"))).ToList();
        var actors = sandboxes.Select(sandbox => (Actor: Sys.ActorOf(CgroupActor.Props(_settings, sandbox.Name)), sandbox.Vmm)).ToList();

        var replies = await Task.WhenAll(actors.Select(async (entry, i) =>
        {
            var applied = await entry.Actor.Ask<object>(new CgroupProtocol.Apply(Identity(entry.Vmm), [entry.Vmm.Pid], new CpuLimit(7_500, 10_000)), Deadline.Span);
            if (i % 2 == 0)
            {
                entry.Vmm.Pidfd.Signal(Signals.SIGKILL);
            }

            return (applied, await entry.Actor.Ask<object>(new CgroupProtocol.Destroy(), Deadline.Span));
        }));

        Assert.All(replies, reply => Assert.IsType<CgroupProtocol.Applied>(reply.applied));
        Assert.All(replies, reply => Assert.IsType<CgroupProtocol.Destroyed>(reply.Item2));
        Assert.Empty(Directory.GetDirectories(Layout.Parent, $"{_name}*"));
        sandboxes.ForEach(sandbox => sandbox.Vmm.Dispose());
    }

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        await SandboxCgroup.Find(new CgroupFileSystem(), _settings, _name).DestroyAsync(Deadline.Token);
    }

    private static ProcessIdentity Identity(ChildScript child) => ProcessIdentity.TryRead(child.Pid)!.Value;

    private static Dictionary<int, string> Threads(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .ToDictionary(task => int.Parse(Path.GetFileName(task)), task => File.ReadAllText($"{task}/comm").Trim());

    // utime in clock ticks of 10 ms.
    private static long CpuTime(int pid) => long.Parse(File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[11]);

    private IActorRef Actor() => Sys.ActorOf(CgroupActor.Props(_settings, _name));

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

    private T Ask<T>(IActorRef actor, object command)
    {
        actor.Tell(command, TestActor);
        return Assert.IsType<T>(ReceiveOne(Deadline.Span));
    }

    private CgroupProtocol.Applied Apply(IActorRef actor, ChildScript vmm, CpuLimit? limit, params int[] vcpuTids) =>
        Ask<CgroupProtocol.Applied>(actor, new CgroupProtocol.Apply(Identity(vmm), [.. vcpuTids], limit));

    private void Destroy(IActorRef actor)
    {
        Ask<CgroupProtocol.Destroyed>(actor, new CgroupProtocol.Destroy());
        Assert.False(Directory.Exists(Layout.Sandbox));
        Assert.True(Directory.Exists(Layout.Parent));
    }

    private CpuThrottling Throttling(IActorRef actor) => Ask<CgroupProtocol.Status>(actor, new CgroupProtocol.GetStatus()).Throttling;

    private string Read(string file) => KernelFiles.Read(Path.Combine(Layout.Sandbox, file));

    private void RemoveBehindItsBack(ChildScript member)
    {
        foreach (var mount in _mounts)
        {
            KernelFiles.Write(Path.Combine(mount.MountPoint, "cgroup.procs"), $"{member.Pid}");
            foreach (var group in CgroupLayout.In(mount, CgroupPlacement.Default, _name).Groups.Reverse())
            {
                KernelFiles.RemoveDirectory(group);
            }
        }
    }
}

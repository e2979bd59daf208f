using System.Diagnostics;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;

namespace KataActors.Hypervisor.Tests;

/// <summary>The actor with a real QEMU.</summary>
public sealed class RealHypervisorSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly TimeSpan s_long = TestSupport.Deadline.Span;

    private RealVm? _vm;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _vm?.Dispose();
    }

    [Fact]
    public void Should_run_pause_resume_and_stop_when_all_is_well()
    {
        var (parent, actor, vmm) = Launch(StubKernel.Halting);

        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);
        Assert.Single(ExpectMsg<HypervisorProtocol.VcpuThreads>(s_long).Tids);
        actor.Tell(new HypervisorProtocol.Pause(), TestActor);
        ExpectMsg<HypervisorProtocol.Paused>(s_long);
        actor.Tell(new HypervisorProtocol.Resume(), TestActor);
        ExpectMsg<HypervisorProtocol.Resumed>(s_long);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);
        ExpectMsg<HypervisorProtocol.Stopped>(s_long);

        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
        actor.Tell(new Identify(null), parent);
        parent.ExpectMsg<ActorIdentity>(s_long);
    }

    [Fact]
    public void Should_tell_the_threads_of_plugged_vcpus_and_leave_them_under_translation()
    {
        var (_, actor, vmm) = Launch(StubKernel.Halting);

        var plugged = Set(actor, 2);
        Assert.Equal((2, null), (plugged.Tids.Length, plugged.Shortfall));
        Assert.All(plugged.Tids, tid => Assert.True(Directory.Exists($"/proc/{vmm.Pid}/task/{tid}")));
        var most = Set(actor, 3);
        Assert.Equal(plugged.Tids, most.Tids);
        Assert.Null(most.Shortfall);
        var kept = Set(actor, 1);
        Assert.Equal(plugged.Tids, kept.Tids);
        Assert.Null(kept.Shortfall);
    }

    [Fact]
    public async Task Should_end_by_the_deadline_and_say_so_when_the_guest_ignores_an_unplug()
    {
        _vm = new RealVm(StubKernel.Halting);
        using var vmm = await _vm.LaunchAsync();
        await using var monitor = await QmpClient.ConnectAsync(_vm.Config.MonitorSocket, _ => { }, s_long, CancellationToken.None);
        var hotplug = new VcpuHotplug(monitor, new HypervisorSettings { UnplugTimeout = TimeSpan.FromMilliseconds(100) }, Accelerator.Kvm);
        await hotplug.SetAsync(2, CancellationToken.None);

        var set = await hotplug.SetAsync(1, CancellationToken.None);

        Assert.Equal((2, "the guest has not let go of 1 of 1 vCPUs within 0.1 s"), (set.Tids.Length, set.Shortfall));
    }

    [Fact]
    public void Should_tell_within_a_second_when_qemu_is_killed()
    {
        var (parent, actor, vmm) = Launch(StubKernel.Halting);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);
        ExpectMsg<HypervisorProtocol.VcpuThreads>(s_long);
        using var pidfd = Pidfd.TryOpen(vmm)!;

        pidfd.Signal(Signals.SIGKILL);

        Assert.Equal("QEMU was killed by signal 9", parent.ExpectMsg<HypervisorProtocol.VmmDied>(TimeSpan.FromSeconds(1)).Reason);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    [Fact]
    public void Should_give_qemus_words_when_it_dies_at_start()
    {
        var (parent, _, _) = Launch(StubKernel.Halting, config => config with { CpuModel = "nosuch" });

        Assert.Equal(
            "QEMU exited with code 1: qemu-system-x86_64: unable to find CPU model 'nosuch'",
            parent.ExpectMsg<HypervisorProtocol.VmmDied>(s_long).Reason.Replace("/usr/bin/", "", StringComparison.Ordinal));
        Assert.Contains("nosuch", File.ReadAllText(_vm!.Config.VmmLog), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_say_that_the_guest_reset_when_it_does()
    {
        var (parent, _, _) = Launch(StubKernel.Resetting);

        Assert.Equal("guest reset: its kernel panicked or it rebooted", parent.ExpectMsg<HypervisorProtocol.VmmDied>(s_long).Reason);
    }

    [Fact]
    public void Should_say_that_the_guest_shut_down_when_it_does()
    {
        var (parent, _, _) = Launch(StubKernel.PoweringOff);

        Assert.Equal("guest shut down", parent.ExpectMsg<HypervisorProtocol.VmmDied>(s_long).Reason);
    }

    [Fact]
    public void Should_name_the_signal_when_qemu_is_told_to_end()
    {
        var (parent, actor, vmm) = Launch(StubKernel.Halting);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);
        ExpectMsg<HypervisorProtocol.VcpuThreads>(s_long);
        using var pidfd = Pidfd.TryOpen(vmm)!;

        pidfd.Signal(Signals.SIGTERM);

        Assert.Equal("QEMU was ended by a signal", parent.ExpectMsg<HypervisorProtocol.VmmDied>(s_long).Reason);
    }

    [Fact]
    public void Should_stop_at_once_when_qemu_has_only_just_begun()
    {
        var (_, actor, vmm) = Launch(StubKernel.Halting);

        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        ExpectMsg<HypervisorProtocol.Stopped>(s_long);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    [Fact]
    public void Should_kill_when_qemu_is_frozen()
    {
        var (_, actor, vmm) = Launch(StubKernel.Halting);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);
        ExpectMsg<HypervisorProtocol.VcpuThreads>(s_long);
        using var pidfd = Pidfd.TryOpen(vmm)!;
        pidfd.Signal(Signals.SIGSTOP);
        var began = Stopwatch.GetTimestamp();

        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        ExpectMsg<HypervisorProtocol.Stopped>(s_long);
        Assert.True(Stopwatch.GetElapsedTime(began) < s_long);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    [Fact]
    public void Should_outlive_its_actor_and_be_adopted_when_the_actor_fails()
    {
        var (parent, actor, vmm) = Launch(StubKernel.Halting);
        parent.Watch(actor);
        actor.Tell(Kill.Instance);
        parent.ExpectTerminated(actor, s_long);
        Assert.True(vmm.IsAlive());
        var successor = Create(parent);

        successor.Tell(new HypervisorProtocol.Adopt(_vm!.Config, vmm), TestActor);

        Assert.Equal(new HypervisorProtocol.Adopted(vmm, "running"), ExpectMsg<HypervisorProtocol.Adopted>(s_long));
        successor.Tell(new HypervisorProtocol.Stop(), TestActor);
        ExpectMsg<HypervisorProtocol.Stopped>(s_long);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    private (TestProbe Parent, IActorRef Actor, ProcessIdentity Vmm) Launch(byte[] kernel, Func<VmConfig, VmConfig>? change = null)
    {
        _vm = new RealVm(kernel);
        var parent = CreateTestProbe();
        var actor = Create(parent);
        actor.Tell(new HypervisorProtocol.Launch(change is null ? _vm.Config : change(_vm.Config), null), TestActor);
        return (parent, actor, ExpectMsg<HypervisorProtocol.Launched>(s_long).Vmm);
    }

    private static IActorRef Create(TestProbe parent) =>
        parent.ChildActorOf(
            HypervisorActor.Props(
                new HypervisorSettings { QuitTimeout = TimeSpan.FromSeconds(1), TerminateTimeout = TimeSpan.FromSeconds(1) }, new VmmLauncher()),
            supervisorStrategy: SupervisorStrategy.StoppingStrategy);

    private HypervisorProtocol.VcpusSet Set(IActorRef actor, int count)
    {
        actor.Tell(new HypervisorProtocol.SetVcpus(count), TestActor);
        return ExpectMsg<HypervisorProtocol.VcpusSet>(s_long);
    }
}

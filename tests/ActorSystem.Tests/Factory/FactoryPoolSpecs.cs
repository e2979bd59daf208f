using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>A factory with a pool of simulated VMs: they boot, wait and end without delay, unless a test holds them back.</summary>
public sealed class FactoryPoolSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly ProcessIdentity s_vmm = new(int.MaxValue - 1, 1);

    private readonly TemporaryDirectory _directory = new();
    private bool _agentsAnswer = true;
    private bool _vmmsStop = true;
    private volatile bool _groupsGo = true;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_hand_over_a_vm_that_waits_and_fill_up_again()
    {
        var factory = Create(1, 1);
        await StatusAsync(factory, status => status.PoolReady == 1);

        var granted = await factory.Ask<VmGranted>(Request(), Deadline.Span);

        Assert.Equal((VmSources.Pool, s_vmm), (granted.Source, granted.Running!.Process));
        Assert.Equal("/run/h", granted.Config.RunDirectory);
        Assert.Equal(Path.Combine(_directory.Path, "factory", granted.Config.Uuid.ToString("N")), granted.Running.Directory);
        await StatusAsync(factory, status => status is { PoolReady: 1, Counts.PoolHits: 1 });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_end_a_vm_whose_sandbox_stops_before_it_has_taken_it(bool isGoneBefore)
    {
        var factory = Create(1, 1);
        await StatusAsync(factory, status => status.PoolReady == 1);
        var (vm, sandbox) = (Directory.GetDirectories(Path.Combine(_directory.Path, "factory")).Single(), CreateTestProbe());
        if (isGoneBefore)
        {
            await StopAsync(sandbox);
        }

        factory.Tell(Request(), sandbox);
        if (!isGoneBefore)
        {
            await sandbox.ExpectMsgAsync<VmGranted>();
            await StopAsync(sandbox);
        }

        await StatusAsync(factory, status => status.Counts.PoolHits == 1);
        await Eventually.HoldsAsync(() => !Directory.Exists(vm));
    }

    [Fact]
    public async Task Should_leave_a_vm_to_the_sandbox_that_has_taken_it()
    {
        var factory = Create(1, 1);
        await StatusAsync(factory, status => status.PoolReady == 1);
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        factory.Tell(Request(), first);
        var taken = await first.ExpectMsgAsync<VmGranted>();
        factory.Tell(new VmTaken(taken.Config.Uuid));
        await StatusAsync(factory, status => status.PoolReady == 1);
        factory.Tell(Request(), second);
        var handed = (await second.ExpectMsgAsync<VmGranted>()).Running!.Directory;

        await StopAsync(first);
        await StopAsync(second);

        await Eventually.HoldsAsync(() => !Directory.Exists(handed));
        Assert.True(Directory.Exists(taken.Running!.Directory));
    }

    [Fact]
    public async Task Should_hand_over_a_vm_of_the_pool_to_whom_only_vcpus_are_missing()
    {
        var factory = Create(1, 1);
        await StatusAsync(factory, status => status.PoolReady == 1);

        var larger = await factory.Ask<VmGranted>(Request(vcpus: 1, memoryMib: 512), Deadline.Span);
        var wider = await factory.Ask<VmGranted>(Request(vcpus: 3), Deadline.Span);
        await StatusAsync(factory, status => status.PoolReady == 1);
        var tooWide = await factory.Ask<VmGranted>(Request(vcpus: 5), Deadline.Span);

        Assert.Equal((VmSources.Cold, 512), (larger.Source, larger.Config.MemoryMib));
        Assert.Equal((VmSources.Pool, 1, 4), (wider.Source, wider.Config.VcpuCount, wider.Config.MaxVcpuCount));
        Assert.Equal((VmSources.Cold, 5), (tooWide.Source, tooWide.Config.VcpuCount));
    }

    [Fact]
    public async Task Should_grow_with_each_request_that_finds_none_up_to_the_maximum()
    {
        // VMs booting for the pool are never ready, so no request finds one.
        _agentsAnswer = false;
        var factory = Create(0, 2);
        foreach (var wanted in new[] { 1, 2, 2 })
        {
            var request = Request();
            Assert.Equal(VmSources.Cold, (await factory.Ask<VmGranted>(request, Deadline.Span)).Source);
            factory.Tell(new BootEnded(request.Identity.Uuid));
            Assert.Equal(wanted, (await StatusAsync(factory)).PoolTarget);
        }

        var status = await StatusAsync(factory);
        Assert.Equal((0, 2), (status.PoolMinimum, status.PoolMaximum));
    }

    [Fact]
    public async Task Should_keep_no_request_waiting_for_a_boot_of_the_pools()
    {
        _agentsAnswer = false;
        var factory = Create(1, 1, boots: 1);
        await StatusAsync(factory, status => status.PoolBooting == 1);

        Assert.Equal(VmSources.Cold, (await factory.Ask<VmGranted>(Request(), Deadline.Span)).Source);
    }

    [Fact]
    public async Task Should_say_that_the_factory_is_destroyed_when_the_pool_has_ended_and_no_sooner()
    {
        var factory = Create(2, 2);
        await StatusAsync(factory, status => status.PoolReady == 2);
        _vmmsStop = false;
        var destroyed = factory.Ask<object>(new DestroyFactory(), Deadline.Span);
        await StatusAsync(factory);
        Assert.False(destroyed.IsCompleted);

        _vmmsStop = true;
        Sys.ActorSelection(factory.Path / "pool-*" / "hypervisor").Tell(new StopNow());

        Assert.IsType<FactoryDestroyed>(await destroyed);
        Assert.Empty(Directory.GetDirectories(Path.Combine(_directory.Path, "factory")));
    }

    [Fact]
    public async Task Should_try_again_to_end_a_vm_of_the_pool_that_could_not_be_ended()
    {
        var factory = Create(1, 1);
        await StatusAsync(factory, status => status.PoolReady == 1);
        var vm = Directory.GetDirectories(Path.Combine(_directory.Path, "factory")).Single();
        _groupsGo = false;
        Assert.IsType<FactoryDestroyed>(await factory.Ask<object>(new DestroyFactory(), Deadline.Span));
        Assert.True(Directory.Exists(vm));

        _groupsGo = true;

        await Eventually.HoldsAsync(() => !Directory.Exists(vm));
    }

    private async Task StopAsync(TestProbe sandbox)
    {
        var watcher = CreateTestProbe();
        watcher.Watch(sandbox);
        Sys.Stop(sandbox);
        await watcher.ExpectTerminatedAsync(sandbox);
    }

    private static RequestVm Request(uint vcpus = 1, uint memoryMib = 256) => new(new VmIdentity("h", Guid.NewGuid(), "/run/h"), vcpus, memoryMib);

    private static Task<FactoryStatus> StatusAsync(IActorRef factory) => factory.Ask<FactoryStatus>(new GetStatus(), Deadline.Span);

    private Task StatusAsync(IActorRef factory, Func<FactoryStatus, bool> wanted) =>
        AwaitAssertAsync(async () => Assert.True(wanted(await StatusAsync(factory))), Deadline.Span);

    private IActorRef Create(int minimum, int maximum, int boots = 2) => Sys.ActorOf(FactoryActor.Props(new FactoryServices(
        new FactorySettings(EnableTemplate: false, TemplatePath: "", minimum, maximum, boots),
        new VmDefaults("/q", "q35", "tcg", "/k", "/i", "", "", 1, 4, 256, false),
        new HostVirtualization("no /dev/kvm", false),
        new FactoryDirectory(Path.Combine(_directory.Path, "factory"), "/q"),
        new TemplateFiles(Path.Combine(_directory.Path, "template")),
        new SandboxChildren(
            () => Props.Create(() => new PlayedVmm(this)),
            (_, _) => Props.Create(() => new PlayedGroup(this)),
            _ => throw new InvalidOperationException("a VM of the factory has no storage"),
            () => Props.Create(() => new PlayedAgent(this))),
        Deadline.Span,
        Deadline.Span)));

    private sealed record StopNow;

    private sealed class PlayedVmm : ReceiveActor
    {
        private IActorRef _stopper = ActorRefs.Nobody;

        public PlayedVmm(FactoryPoolSpecs spec)
        {
            Receive<HypervisorProtocol.Launch>(_ => Sender.Tell(new HypervisorProtocol.Launched(s_vmm)));
            Receive<HypervisorProtocol.QueryVcpus>(_ => Sender.Tell(new HypervisorProtocol.VcpuThreads([7])));
            Receive<HypervisorProtocol.Pause>(_ => Sender.Tell(new HypervisorProtocol.Paused()));
            Receive<HypervisorProtocol.Stop>(_ => spec._vmmsStop, _ => Sender.Tell(new HypervisorProtocol.Stopped()));
            Receive<HypervisorProtocol.Stop>(_ => _stopper = Sender);
            Receive<StopNow>(_ => _stopper.Tell(new HypervisorProtocol.Stopped()));
        }
    }

    private sealed class PlayedAgent : ReceiveActor
    {
        public PlayedAgent(FactoryPoolSpecs spec)
        {
            Receive<AgentProtocol.Connect>(_ => spec._agentsAnswer, _ => Context.Parent.Tell(new AgentProtocol.Connected()));
            Receive<AgentProtocol.Invoke>(invoke => Sender.Tell(new AgentProtocol.Invoked(
                invoke.Token, invoke.Request is GuestDetailsRequest ? new GuestDetailsResponse() : new Google.Protobuf.WellKnownTypes.Empty())));
        }
    }

    private sealed class PlayedGroup : ReceiveActor
    {
        public PlayedGroup(FactoryPoolSpecs spec)
        {
            Receive<CgroupProtocol.Apply>(apply => Sender.Tell(new CgroupProtocol.Applied(["/cg"], null, apply.VcpuTids)));
            Receive<CgroupProtocol.Destroy>(destroy => Sender.Tell(
                spec._groupsGo ? new CgroupProtocol.Destroyed() : new CgroupFailure(destroy, new(FailureCode.Internal, "it is busy"))));
        }
    }
}

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

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The actor of a VM without a sandbox; its children are probes.</summary>
public sealed class FactoryVmActorSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly ProcessIdentity s_vmm = new(int.MaxValue - 1, 1);

    private readonly TemporaryDirectory _directory = new();
    private VmConfig _config = null!;
    private TestProbe _hypervisor = null!;
    private TestProbe _agent = null!;
    private TestProbe _cgroup = null!;
    private TestProbe _parent = null!;
    private IActorRef _actor = ActorRefs.Nobody;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_save_a_settled_guest_and_be_gone()
    {
        await BootAsync(TemplateUse.Make);
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        _hypervisor.Reply(new HypervisorProtocol.TemplateSaved());

        await StopAsync();
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saved>();
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_clean_up_and_say_why_when_qemu_is_killed_while_it_is_saved()
    {
        await BootAsync(TemplateUse.Make);
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Saving>();
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.SaveTemplate>();

        _hypervisor.Reply(new HypervisorProtocol.VmmDied("qemu was killed by signal 9"));

        await StopAsync();
        Assert.Equal("QEMU died: qemu was killed by signal 9", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
        Assert.False(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_hold_a_paused_vm_in_a_group_of_its_own_and_let_go_of_it_alive()
    {
        await BootAsync(TemplateUse.Clone);
        var sandbox = Assert.IsType<CreateSandboxRequest>((await _agent.ExpectMsgAsync<AgentProtocol.Invoke>()).Request);
        Assert.Equal(("", null), (sandbox.SandboxId, sandbox.Identity));
        _agent.Reply(new AgentProtocol.Invoked(null, new Google.Protobuf.WellKnownTypes.Empty()));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        _hypervisor.Reply(new HypervisorProtocol.VcpuThreads([7]));
        var apply = await _cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((s_vmm, 7), (apply.Vmm, Assert.Single(apply.VcpuTids)));
        _cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [7]));
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Pause>();
        _hypervisor.Reply(new HypervisorProtocol.Paused());
        Assert.Equal(s_vmm, (await _parent.ExpectMsgAsync<FactoryVmProtocol.Held>()).Process);
        _parent.Watch(_actor);

        _actor.Tell(new FactoryVmProtocol.Release());

        await _parent.ExpectTerminatedAsync(_actor);
        await _cgroup.ExpectNoMsgAsync(TimeSpan.Zero); // The threads are in it until the sandbox has placed them.
        await _hypervisor.ExpectNoMsgAsync(TimeSpan.Zero);
        Assert.True(Directory.Exists(_config.RunDirectory));
    }

    [Fact]
    public async Task Should_give_up_when_the_agent_is_silent()
    {
        await LaunchAsync(TemplateUse.Clone);
        _agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer within 1 s")));

        await StopAsync();
        Assert.Equal("its agent did not answer: no answer within 1 s", (await _parent.ExpectMsgAsync<FactoryVmProtocol.Lost>()).Reason);
    }

    private async Task BootAsync(TemplateUse use)
    {
        await LaunchAsync(use);
        _agent.Reply(new AgentProtocol.Connected());
        var invoke = await _agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        Assert.True(Assert.IsType<GuestDetailsRequest>(invoke.Request).Settle);
        _agent.Reply(new AgentProtocol.Invoked(null, new GuestDetailsResponse()));
    }

    private async Task LaunchAsync(TemplateUse use)
    {
        (_hypervisor, _agent, _cgroup, _parent) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var uuid = Guid.NewGuid();
        _config = new VmConfig
        {
            HostName = "pool",
            Uuid = uuid,
            RunDirectory = Path.Combine(_directory.Path, uuid.ToString("N")),
            QemuPath = "/q",
            KernelPath = "/k",
            InitramfsPath = "/i",
            Accelerator = Accelerator.Tcg,
            Template = new VmTemplate("/t", use),
        };
        var children = new SandboxChildren(() => Relay.Props(_hypervisor), (_, _) => Relay.Props(_cgroup), _ => Relay.Props(_cgroup), () => Relay.Props(_agent));
        _actor = _parent.ChildActorOf(FactoryVmActor.Props(_config, children, Deadline.Span));
        var launch = await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
        Assert.NotNull(launch.NetworkNamespace);
        _hypervisor.Reply(new HypervisorProtocol.Launched(s_vmm));
        await _parent.ExpectMsgAsync<FactoryVmProtocol.Started>();
        await _agent.ExpectMsgAsync<AgentProtocol.Connect>();
    }

    private async Task StopAsync()
    {
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        _hypervisor.Reply(new HypervisorProtocol.Stopped());
    }

    private sealed class Relay : UntypedActor
    {
        private readonly IActorRef _probe;

        public Relay(IActorRef probe) => _probe = probe;

        public static Props Props(TestProbe probe) => Akka.Actor.Props.Create(() => new Relay(probe.Ref));

        protected override void OnReceive(object message) => _probe.Forward(message);
    }
}

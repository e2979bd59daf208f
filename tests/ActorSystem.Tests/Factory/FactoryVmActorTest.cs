using Akka.Actor;
using Akka.TestKit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>The actor of a VM without a sandbox; its children and its parent are probes.</summary>
public abstract class FactoryVmActorTest : FactoryTest
{
    private protected static readonly ProcessIdentity Vmm = new(int.MaxValue - 1, 1);

    private protected VmConfig VmConfig { get; private set; } = null!;

    private protected TestProbe Hypervisor { get; private set; } = null!;

    private protected TestProbe Agent { get; private set; } = null!;

    private protected TestProbe Cgroup { get; private set; } = null!;

    private protected TestProbe Parent { get; private set; } = null!;

    /// <summary>The cgroup that was made last.</summary>
    private protected (string Name, CgroupPlacement Placement) Group { get; private set; }

    private protected FactoryVmDeadlines Deadlines { get; set; } = new(Deadline.Span);

    private protected IActorRef Actor { get; private set; } = ActorRefs.Nobody;

    private protected async Task BootAsync(TemplateUse use)
    {
        await LaunchAsync(use);
        await RehearseAsync();
    }

    private protected async Task RehearseAsync()
    {
        Agent.Reply(new AgentProtocol.Connected());
        var sandbox = await AnswerAsync<CreateSandboxRequest>(new Empty());
        Assert.Empty(sandbox.SandboxId);

        // A file system mounted through the host would prevent a template, and each clone has its own identity.
        var saved = VmConfig.Template is { Use: TemplateUse.Make };
        Assert.Equal((saved ? 0 : 1, saved ? null : $"{VmConfig.Uuid:N}"), (sandbox.Storages.Count, sandbox.Identity?.MachineId));
        var container = await AnswerAsync<CreateContainerRequest>(new Empty());
        Assert.Equal(saved ? "/" : $"{GuestPaths.Share}/{RehearsalRoot.Name}", container.OCI.Root.Path);
        Assert.Equal(container.ContainerId, (await AnswerAsync<StartContainerRequest>(new Empty())).ContainerId);
        Assert.Equal(container.ExecId, (await AnswerAsync<ReadStreamRequest>(new ReadStreamResponse { EndOfStream = true })).ExecId);
        Assert.Equal(container.ExecId, (await AnswerAsync<WaitProcessRequest>(new WaitProcessResponse())).ExecId);
        Assert.Equal(container.ContainerId, (await AnswerAsync<RemoveContainerRequest>(new Empty())).ContainerId);
        Assert.True((await AnswerAsync<GuestDetailsRequest>(new GuestDetailsResponse())).Settle);
    }

    private protected async Task<T> AnswerAsync<T>(IMessage answer)
        where T : IMessage
    {
        var request = (await Agent.ExpectMsgAsync<AgentProtocol.Invoke>()).Request;
        Agent.Reply(new AgentProtocol.Invoked(null, answer));
        return Assert.IsType<T>(request);
    }

    private protected async Task LaunchAsync(TemplateUse use)
    {
        await StartAsync(use);
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Parent.ExpectMsgAsync<FactoryVmProtocol.Started>();
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        await ExpectNothingMoreAsync(Cgroup);
        if (use == TemplateUse.Clone)
        {
            Hypervisor.Reply(new HypervisorProtocol.Restored());
        }
    }

    private protected async Task StartAsync(TemplateUse use)
    {
        Create(use);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
    }

    private protected void Create(TemplateUse use)
    {
        (Hypervisor, Agent, Cgroup, Parent) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var uuid = Guid.NewGuid();
        VmConfig = new VmConfig
        {
            HostName = "pool",
            Uuid = uuid,
            RunDirectory = Path.Combine(Folder.Path, uuid.ToString("N")),
            QemuPath = "/q",
            KernelPath = "/k",
            InitramfsPath = "/i",
            Accelerator = Accelerator.Tcg,
            Template = new VmTemplate("/t", use),
        };
        var children = new SandboxChildren(() => Relay.Props(Hypervisor), MakeGroup, _ => Relay.Props(Cgroup), () => Relay.Props(Agent));
        Actor = Parent.ChildActorOf(FactoryVmActor.Props(VmConfig, children, Deadlines));

        Props MakeGroup(string name, CgroupPlacement placement)
        {
            Group = (name, placement);
            return Relay.Props(Cgroup);
        }
    }

    // The next message is the actor's answer to a query.
    private protected async Task ExpectNothingMoreAsync(TestProbe probe)
    {
        Actor.Tell(new Identify(null), probe);
        Assert.IsType<ActorIdentity>(await probe.ReceiveOneAsync(Deadline.Span));
    }

    private protected async Task StopAsync()
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
    }

    // Forwards the parent's messages to the probe before the next message is handled.
    private sealed class Relay : UntypedActor
    {
        private readonly IActorRef _probe;

        public Relay(IActorRef probe) => _probe = probe;

        public static Props Props(TestProbe probe) => Akka.Actor.Props.Create(() => new Relay(probe.Ref)).WithDispatcher(CallingThreadDispatcher.Id);

        protected override void OnReceive(object message) => _probe.Forward(message);
    }
}

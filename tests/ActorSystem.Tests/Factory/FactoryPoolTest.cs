using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>A factory with a pool of simulated VMs, whose hypervisors are the test's own.</summary>
public abstract class FactoryPoolTest : FactoryTest
{
    private protected static readonly ProcessIdentity Vmm = new(int.MaxValue - 1, 1);

    private volatile bool _groupsGo = true;

    /// <summary>Whether the agent of a VM answers.</summary>
    private protected bool AgentsAnswer { get; set; } = true;

    /// <summary>Whether the cgroup of a VM can be removed.</summary>
    private protected bool GroupsGo
    {
        get => _groupsGo;
        set => _groupsGo = value;
    }

    private protected IActorRef Create(FactorySettings settings, Func<Props> hypervisor) => Create(Services(settings, new SandboxChildren(
        hypervisor,
        (_, _) => Props.Create(() => new PlayedGroup(this)),
        _ => throw new InvalidOperationException("a VM of the factory has no storage"),
        () => Props.Create(() => new PlayedAgent(this)))));

    private sealed class PlayedAgent : ReceiveActor
    {
        public PlayedAgent(FactoryPoolTest test)
        {
            Receive<AgentProtocol.Connect>(_ => test.AgentsAnswer, _ => Context.Parent.Tell(new AgentProtocol.Connected()));
            Receive<AgentProtocol.Invoke>(invoke => Sender.Tell(new AgentProtocol.Invoked(
                invoke.Token, invoke.Request is GuestDetailsRequest ? new GuestDetailsResponse() : new Google.Protobuf.WellKnownTypes.Empty())));
        }
    }

    private sealed class PlayedGroup : ReceiveActor
    {
        public PlayedGroup(FactoryPoolTest test)
        {
            Receive<CgroupProtocol.Apply>(apply => Sender.Tell(new CgroupProtocol.Applied(["/cg"], null, apply.VcpuTids)));
            Receive<CgroupProtocol.Destroy>(destroy => Sender.Tell(
                test.GroupsGo ? new CgroupProtocol.Destroyed() : new CgroupFailure(destroy, new(FailureCode.Internal, "it is busy"))));
        }
    }
}

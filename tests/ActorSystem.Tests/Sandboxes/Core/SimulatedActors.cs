using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Network;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>The resource actors of one life of the daemon, by what they know: they carry out commands on the <see cref="SimulatedHost"/>.</summary>
internal sealed class SimulatedActors(SimulatedHost host, Random random)
{
    /// <summary>Those that were made and have not stopped.</summary>
    public SortedSet<ResourceKind> Live { get; } = [];

    /// <summary>The VM that the hypervisor's actor has launched or adopted.</summary>
    public SimulatedVm? Held { get; set; }

    /// <summary>The VM whose agent is to be reached.</summary>
    public SimulatedVm? Guest { get; set; }

    /// <summary>The agent has answered.</summary>
    public bool IsReached { get; set; }

    /// <summary>The actor of a resource ends; what it holds goes on.</summary>
    public void Lose(ResourceKind kind)
    {
        Live.Remove(kind);
        Held = kind == ResourceKind.Hypervisor ? null : Held;
        IsReached &= kind != ResourceKind.Agent;
    }

    /// <summary>Carries out a command.</summary>
    /// <param name="effect">With the command.</param>
    /// <param name="isBeingStopped">Whether a stop of the VM waits behind it.</param>
    /// <returns>The reply; null when there is none in this life.</returns>
    public object? CarryOut(AwaitedEffect effect, bool isBeingStopped = false) => effect switch
    {
        AwaitedEffect.Launch launch => Launch(new HypervisorProtocol.Launch(launch.Config, null), isBeingStopped),
        AwaitedEffect.AskNetwork ask => host.CarryNetwork(ask.Command),
        AwaitedEffect.Attach attach => host.CarryStorage(attach.Command),
        AwaitedEffect.CreateSandbox => Call(new CreateSandboxRequest()),
        AwaitedEffect.Ask { Command: AgentProtocol.Invoke invoke } => Call(invoke.Request),
        AwaitedEffect.Ask { Command: CgroupProtocol.Apply apply } => host.Apply(apply),
        AwaitedEffect.Ask { Command: CgroupProtocol.GetStatus status } => host.StatusFor(status),
        AwaitedEffect.Ask { Command: CgroupProtocol.Destroy destroy } => host.Destroy(destroy),
        AwaitedEffect.Ask { Command: HypervisorProtocol.Stop stop } => Stop(stop),
        AwaitedEffect.Ask { Command: HypervisorProtocol.Adopt adopt } => Adopt(adopt),
        AwaitedEffect.Ask { Command: HypervisorProtocol.ICommand command } => Command(command),
        AwaitedEffect.Ask { Command: NetworkProtocol.ICommand command } => host.CarryNetwork(command),
        AwaitedEffect.Ask { Resource: ResourceKind.Storage } ask => host.CarryStorage(ask.Command),
        AwaitedEffect.AskContainer { Command: SandboxCommands.KillContainer } ask => Kill(ask.Container),
        AwaitedEffect.AskContainer { Command: ContainerProtocol.EndStandIn } ask => EndStandIn(ask.Container),
        AwaitedEffect.AskContainer { Command: ContainerProtocol.Start } ask => Start(ask.Container),
        AwaitedEffect.EndVms end => EndVms(end),
        AwaitedEffect.RemovePoolGroup remove => new PoolGroupActor.Gone(remove.Vm, host.RemovePoolGroup(remove.Vm)),
        _ => null,
    };

    private static HypervisorFailure Refuse(HypervisorProtocol.ICommand command, FailureCode code, string why) => new(command, new(code, why));

    private object Launch(HypervisorProtocol.Launch launch, bool isBeingStopped)
    {
        if (Held is not null)
        {
            return Refuse(launch, FailureCode.FailedPrecondition, "a vmm runs already");
        }

        if (!host.RunDirectory || host.Fails || (isBeingStopped && random.Next(2) == 0))
        {
            return Refuse(launch, FailureCode.Internal, "it does not start");
        }

        Held = host.Launch(launch.Config.Uuid);
        Held.Hangs = !host.IsCalm && random.Next(10) == 0;
        return new HypervisorProtocol.Launched(Held.Process);
    }

    private object Adopt(HypervisorProtocol.Adopt adopt)
    {
        Held = host.Find(adopt.Vmm);
        return Held is null ? Refuse(adopt, FailureCode.NotFound, "the vmm is gone")
            : host.Fails ? Refuse(adopt, FailureCode.FailedPrecondition, "its monitor is another vm's")
            : new HypervisorProtocol.Adopted(Held.Process, "running");
    }

    private object Stop(HypervisorProtocol.Stop stop)
    {
        if (Held is { } vm)
        {
            if (host.Fails)
            {
                return Refuse(stop, FailureCode.Internal, "it does not end");
            }

            host.End(vm.Uuid);
            Held = null;
        }

        return new HypervisorProtocol.Stopped();
    }

    private object Command(HypervisorProtocol.ICommand command)
    {
        if (Held is not { HasEnded: false } vm)
        {
            return Refuse(command, FailureCode.FailedPrecondition, "no vmm runs");
        }

        var fails = host.Fails;
        switch (command)
        {
            case HypervisorProtocol.SetVcpus set:
                vm.Vcpus = fails ? vm.Vcpus : set.Count;
                return new HypervisorProtocol.VcpusSet(vm.Threads, fails ? "the guest does not go along" : null);
            case HypervisorProtocol.Resume when !fails:
                vm.IsPaused = false;
                return new HypervisorProtocol.Resumed();
            case HypervisorProtocol.PlugInterfaces when !fails:
                return new HypervisorProtocol.InterfacesPlugged();
            case HypervisorProtocol.QueryVcpus when !fails:
                return new HypervisorProtocol.VcpuThreads(vm.Threads);
            default:
                return Refuse(command, FailureCode.DeadlineExceeded, "the monitor does not answer");
        }
    }

    private object EndVms(AwaitedEffect.EndVms end)
    {
        if (host.Fails)
        {
            return new Failure(FailureCode.Internal, "it does not end");
        }

        foreach (var uuid in end.Uuids)
        {
            host.End(uuid);
        }

        return new VmsEnded();
    }

    private object? Call(Google.Protobuf.IMessage request)
    {
        if (Guest is not { HasEnded: false } || !IsReached)
        {
            return new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.Unavailable, "the agent is not connected"));
        }

        return Guest.Call(request, host.Fails)
            ?? (random.Next(2) == 0 ? new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.DeadlineExceeded, "no answer in time")) : null);
    }

    // The answer of a start may be lost with the connection.
    private object? Start(string container)
    {
        var reply = IsReached ? Guest?.Start(container, host.Fails) : null;
        return !IsReached || (!host.IsCalm && reply is not null && random.Next(4) == 0)
            ? new ContainerProtocol.StartFailed(new Failure(FailureCode.Unavailable, "the agent is not connected"))
            : reply;
    }

    private SandboxCommands.Signalled? Kill(string container)
    {
        if (Guest is { Hangs: true })
        {
            return null;
        }

        Guest?.Processes.Remove(container);
        return new SandboxCommands.Signalled();
    }

    private ContainerProtocol.StandInKilled EndStandIn(string container)
    {
        host.StandIns.Remove(container);
        return new ContainerProtocol.StandInKilled(container, null);
    }
}

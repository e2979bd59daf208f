using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A host and a guest as sets of objects: they outlive the daemon, and carry out the effects of the core, refusing some.</summary>
internal sealed class SimulatedHost(Random random)
{
    private static readonly Google.Protobuf.WellKnownTypes.Empty s_empty = new();

    public bool Vm { get; private set; } = true;

    public bool Cgroups { get; private set; } = true;

    public bool RunDirectory { get; private set; } = true;

    /// <summary>Whether the guest does nothing any more.</summary>
    public bool GuestHangs { get; set; }

    /// <summary>One in this many effects fails; 0 for none.</summary>
    public int FailsOneIn { get; set; }

    /// <summary>Containers in the guest, by id.</summary>
    public SortedSet<string> InGuest { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers with mounts below the share.</summary>
    public SortedSet<string> Mounted { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers with a running process.</summary>
    public SortedSet<string> Processes { get; } = new(StringComparer.Ordinal);

    /// <summary>Containers with a running stand-in.</summary>
    public SortedSet<string> StandIns { get; } = new(StringComparer.Ordinal);

    /// <summary>The CPU quotas in the guest; null for none.</summary>
    public SortedDictionary<string, CpuLimit?> GuestQuotas { get; } = new(StringComparer.Ordinal);

    /// <summary>The CPU limit of the host's groups; null for none.</summary>
    public CpuLimit? HostLimit { get; private set; }

    /// <summary>The number of vCPUs.</summary>
    public int Vcpus { get; private set; } = 1;

    /// <summary>The remains, in words; empty for none.</summary>
    public string Left => string.Join(", ", new[] { Vm ? "vm" : "", Cgroups ? "cgroups" : "", RunDirectory ? "run directory" : "" }
        .Concat(StandIns.Select(id => $"stand-in {id}")).Where(item => item.Length > 0));

    /// <summary>Carries out an effect. Returns its reply; null when none comes in this life.</summary>
    public object? CarryOut(AwaitedEffect effect)
    {
        var fails = FailsOneIn > 0 && random.Next(FailsOneIn) == 0;
        return effect switch
        {
            AwaitedEffect.Ask { Command: HypervisorProtocol.Stop stop } => fails ? new HypervisorFailure(stop, HypervisorFailureKind.Internal, "it does not end") : EndVm(new HypervisorProtocol.Stopped()),
            AwaitedEffect.EndVms => fails ? new Failure(FailureCode.Internal, "it does not end") : EndVm(new VmsEnded()),
            AwaitedEffect.Ask { Command: CgroupProtocol.Destroy destroy } => fails || Vm ? new CgroupFailure(destroy, CgroupFailureKind.Internal, "busy") : Do(() => Cgroups = false, new CgroupProtocol.Destroyed()),
            AwaitedEffect.Ask { Command: StorageProtocol.Release } => fails ? new StorageProtocol.StorageFailed("", Busy) : Do(() => RunDirectory = false, new StorageProtocol.Released()),
            AwaitedEffect.Ask { Command: StorageProtocol.Detach detach } => fails || InGuest.Contains(detach.Id)
                ? new StorageProtocol.StorageFailed(detach.Id, Busy)
                : Do(() => Mounted.Remove(detach.Id), new StorageProtocol.Detached(detach.Id)),
            AwaitedEffect.Attach { Command: var attach } => fails || !Vm
                ? new StorageProtocol.StorageFailed(attach.Id, Busy)
                : Do(() => Mounted.Add(attach.Id), new StorageProtocol.Attached(attach.Id)),
            AwaitedEffect.Ask { Command: HypervisorProtocol.QueryVcpus query } => Vm ? new HypervisorProtocol.VcpuThreads(Threads) : NoVm(query),
            AwaitedEffect.Ask { Command: HypervisorProtocol.SetVcpus set } => Vm
                ? Do(() => Vcpus = fails ? Vcpus : set.Count, () => new HypervisorProtocol.VcpusSet(Threads, fails ? "the guest does not go along" : null))
                : NoVm(set),
            AwaitedEffect.Ask { Command: CgroupProtocol.Apply apply } => Apply(apply, fails),
            AwaitedEffect.Ask { Command: AgentProtocol.Invoke invoke } => AskGuest(invoke.Request, fails),
            AwaitedEffect.AskContainer { Command: SandboxCommands.KillContainer } ask => GuestHangs ? null : Do(() => Processes.Remove(ask.Container), new SandboxCommands.Signalled()),
            AwaitedEffect.AskContainer { Command: ContainerProtocol.EndStandIn } ask => Do(() => StandIns.Remove(ask.Container), new ContainerProtocol.StandInKilled(ask.Container, null)),
            AwaitedEffect.AskContainer { Command: ContainerProtocol.Start } ask => Start(ask.Container, fails),
            AwaitedEffect.RemovePoolGroup remove => new PoolGroupActor.Gone(remove.Vm, fails ? "busy" : null),
            _ => null,
        };
    }

    private ImmutableArray<int> Threads => [.. Enumerable.Range(1, Vcpus)];

    private static Failure Busy => new(FailureCode.Internal, "busy");

    private static HypervisorFailure NoVm(HypervisorProtocol.ICommand command) => new(command, HypervisorFailureKind.NotFound, "it has ended");

    private static object Do(Action act, object reply) => Do(act, () => reply);

    private static object Do(Action act, Func<object> reply)
    {
        act();
        return reply();
    }

    private object Apply(CgroupProtocol.Apply apply, bool fails)
    {
        if (fails || !Cgroups)
        {
            return new CgroupFailure(apply, CgroupFailureKind.Internal, "busy");
        }

        HostLimit = apply.KeepsLimit ? HostLimit : apply.Limit?.ForKernel(Decider.Settings.Cgroups.LeastCpuPercent);
        return new CgroupProtocol.Applied(["/cg"], HostLimit, apply.VcpuTids);
    }

    private object EndVm(object reply)
    {
        Vm = false;
        InGuest.Clear();
        Mounted.Clear();
        Processes.Clear();
        return reply;
    }

    private object? AskGuest(Google.Protobuf.IMessage request, bool fails)
    {
        if (!Vm)
        {
            return new AgentProtocol.InvokeFailed(null, new Failure(FailureCode.Unavailable, "the channel was lost"));
        }

        if (GuestHangs)
        {
            return null;
        }

        if (request is UpdateContainerRequest update)
        {
            return fails ? new AgentProtocol.InvokeFailed(null, Busy) : Update(update);
        }

        if (request is CreateContainerRequest create)
        {
            if (fails)
            {
                return new AgentProtocol.InvokeFailed(null, Busy);
            }

            InGuest.Add(create.ContainerId);
            GuestQuotas[create.ContainerId] = create.OCI.Linux.Resources?.CPU is { Quota: > 0 } cpu ? new CpuLimit(cpu.Quota, (long)cpu.Period) : null;
        }

        if (request is RemoveContainerRequest remove)
        {
            if (fails)
            {
                return new AgentProtocol.InvokeFailed(null, Busy);
            }

            InGuest.Remove(remove.ContainerId);
        }

        return new AgentProtocol.Invoked(null, s_empty);
    }

    private object Update(UpdateContainerRequest update)
    {
        if (!InGuest.Contains(update.ContainerId))
        {
            return new AgentProtocol.InvokeFailed(null, Failure.NoSuchContainer(update.ContainerId));
        }

        var cpu = update.Resources.CPU;
        return Do(
            () => GuestQuotas[update.ContainerId] = cpu is { Quota: > 0 } ? new CpuLimit(cpu.Quota, (long)cpu.Period) : null,
            new AgentProtocol.Invoked(null, s_empty));
    }

    private object? Start(string id, bool fails)
    {
        if (GuestHangs || !Vm)
        {
            return null;
        }

        return fails ? new ContainerProtocol.StartFailed(new Failure(FailureCode.NotFound, "no such program")) : Do(() => Processes.Add(id), new ContainerProtocol.ProcessStarted());
    }
}

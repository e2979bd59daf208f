using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>
/// The SandboxActor without its journal, for one of its lives: what it sees of the outside, how it carries out effects, and what is under way. It ends with the daemon.
/// </summary>
internal sealed partial class SimulatedShell(SimulatedHost host, SimulatedFactory factory, Random random, SandboxRegistration registration)
{
    private readonly Dictionary<EffectId, string> _awaited = []; // By effect: the actor that was asked.
    private readonly HashSet<RequesterId> _descriptors = []; // Of the requests whose descriptors are open.
    private readonly SortedSet<string> _attended = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _standInsGone = new(StringComparer.Ordinal);
    private readonly HashSet<Guid> _poolGroupsGone = [];
    private bool _agentConnected;
    private int _silences;

    public SimulatedActors Actors { get; } = new(host, random);

    /// <summary>Commands that were told to actors and are not carried out, and timers.</summary>
    public List<SimulatedCall> Calls { get; } = [];

    /// <summary>What is on its way to the sandbox.</summary>
    public List<SimulatedNews> News { get; } = [];

    /// <summary>The sandbox is gone, or there never was one: its actor decides nothing more.</summary>
    public bool IsGone { get; set; }

    /// <summary>The commands that have waited for the reconciliation are taken.</summary>
    public bool TakesCommands { get; private set; }

    public bool AgentConnected => _agentConnected;

    /// <summary>Requests whose descriptors are neither closed nor handed over.</summary>
    public int OpenDescriptors => _descriptors.Count;

    /// <summary>What a decision depends on beside the state.</summary>
    public SandboxContext See(SandboxState state) => new(registration, Decider.Settings, DateTimeOffset.UnixEpoch, new Outside
    {
        BootId = host.BootId,
        AgentConnected = _agentConnected,
        HoldsVm = Actors.Live.Contains(ResourceKind.Hypervisor) && state.Seen.Vm is not null,
        VmUuids = VmUuids(state),
        PoolGroup = PoolGroup(state),
        Attended = [.. _attended],
        StandInsGone = [.. _standInsGone],
    });

    /// <summary>A sandbox that runs already.</summary>
    public void Hold(SimulatedVm vm, IEnumerable<string> containers)
    {
        Actors.Live.UnionWith(Enum.GetValues<ResourceKind>());
        (Actors.Held, Actors.Guest, Actors.IsReached, _agentConnected) = (vm, vm, true, true);
        _attended.UnionWith(containers);
    }

    /// <summary>A creation comes, with its descriptors when they have not expired.</summary>
    public void BeginCreation(Create create) => _ = create.HasDescriptors && _descriptors.Add(create.Waiting.Id);

    /// <summary>A requester gets its reply: its descriptors are closed, if it has them still.</summary>
    public void EndRequest(RequesterId request) => _descriptors.Remove(request);

    /// <summary>Whether an effect is awaited. From now on it is not.</summary>
    public bool Settle(EffectId id) => _awaited.Remove(id);

    /// <summary>What follows from events in the actor itself.</summary>
    public void Follow(IEnumerable<IMessage> events, SandboxRecord before, SandboxRecord after)
    {
        foreach (var created in events.OfType<ContainerCreated>())
        {
            Attend(created.Id);
        }

        foreach (var id in before.Containers.Keys.Except(after.Containers.Keys))
        {
            // The stand-in of a container that has no actor ends when it is told that there is no such container.
            _ = _attended.Remove(id) || host.StandIns.Remove(id);
            _standInsGone.Remove(id);
            Lose($"container {id}", "container");
        }

        IsGone |= after.Deleted;
    }

    /// <summary>Carries out an effect, or has it carried out.</summary>
    public void CarryOut(Effect effect, SandboxState state)
    {
        switch (effect)
        {
            case AwaitedEffect awaited:
                Run(awaited);
                break;
            case Effect.TellFactory tell:
                Tell(tell.Message);
                break;
            case Effect.EndBoot:
                Tell(new FactoryProtocol.BootEnded(registration.Uuid));
                break;
            case Effect.GiveBackVm { Vm: { Running: not null, IsTaken: false } vm }:
                Tell(new FactoryProtocol.EndVm(vm.Config.Uuid));
                _poolGroupsGone.Add(vm.Config.Uuid);
                break;
            case Effect.ReachGuest:
                Connect(state.Seen.Vm!.Config);
                Tell(ResourceKind.Hypervisor, new HypervisorProtocol.QueryVcpus());
                break;
            case Effect.AdoptVm adopt:
                Tell(ResourceKind.Hypervisor, new HypervisorProtocol.Adopt(adopt.Config, adopt.Vmm));
                break;
            case Effect.DropCgroups:
                Tell(ResourceKind.Cgroup, new Cgroups.CgroupProtocol.Destroy());
                break;
            case Effect.LeavePoolGroup when PoolGroup(state) is { } uuid:
                News.Add(new SimulatedNews("pool group", IsSent: false, () => LeavePoolGroup(uuid)));
                break;
            case Effect.Dismiss dismiss:
                Dismiss(dismiss.Resource);
                break;
            case Effect.LeaveAgent:
                StopAgent();
                break;
            case Effect.LeaveVm:
                StopChild(ResourceKind.Hypervisor);
                StopAgent();
                AttendAll(state.Record);
                break;
            case Effect.AttendContainers:
                AttendAll(state.Record);
                break;
            case Effect.ReconnectAgent:
                Connect(state.Seen.Vm!.Config);
                foreach (var container in _attended)
                {
                    Lose($"container {container}", "agent");
                }

                break;
            case Effect.TakeCommands:
                TakesCommands = true;
                break;
            case Effect.Leave:
                IsGone = true;
                break;
        }
    }

    private Guid? PoolGroup(SandboxState state) => state.Record.PoolUuid is { } vm && !_poolGroupsGone.Contains(vm) ? vm : null;

    private ImmutableArray<Guid> VmUuids(SandboxState state)
    {
        var recorded = state.Record.Exists ? state.Record.VmUuid : registration.Uuid;
        return [.. new[] { registration.Uuid, recorded, state.Seen.Vm?.Config.Uuid ?? recorded }.Distinct()];
    }

    private void Run(AwaitedEffect effect)
    {
        switch (effect)
        {
            case AwaitedEffect.Launch launch:
                Assert.True(_descriptors.Contains(launch.Request), "a vm is launched without the network namespace of its request");
                break;
            case AwaitedEffect.Attach attach:
                Assert.True(_descriptors.Remove(attach.Request), "mounts are attached without the descriptors of their request");
                break;
            case AwaitedEffect.Ask { Command: AgentProtocol.Invoke { Request: CreateContainerRequest create } } when Actors.Guest is { HasEnded: false } vm:
                Assert.True(vm.HasSandbox && vm.Mounted.Contains(create.ContainerId), "the guest is asked for a container without its root filesystem");
                break;
        }

        var call = new SimulatedCall(effect, reply => Settle(effect.Id) ? new Done(effect.Id, reply) : null)
        {
            IsToNobody = effect is AwaitedEffect.AskContainer { Container: var id } && !_attended.Contains(id),
        };
        _ = call.Resource is { } resource && Actors.Live.Add(resource);
        _awaited.Add(effect.Id, call.Actor);
        Calls.Add(call);
    }

    private void Tell(object toFactory)
    {
        if (factory.Tell(toFactory) is { } answer)
        {
            News.Add(new SimulatedNews("factory", IsSent: true, () => answer));
        }
    }

    private void Tell(ResourceKind resource, object command)
    {
        Actors.Live.Add(resource);
        Calls.Add(new SimulatedCall(new AwaitedEffect.Ask(default, resource, command, TimeSpan.Zero), ToInput));
    }

    // As SandboxNews does.
    private static Input? ToInput(object reply) => reply switch
    {
        HypervisorProtocol.Adopted => new VmAdopted(),
        HypervisorProtocol.VcpuThreads threads => new VcpusSeen(threads.Tids),
        HypervisorFailure failure => new HypervisorFailed(failure),
        _ => null,
    };

    private Input? LeavePoolGroup(Guid uuid)
    {
        _ = host.RemovePoolGroup(uuid) is null && _poolGroupsGone.Add(uuid);
        return null;
    }

    private void Attend(string container)
    {
        Actors.Live.Add(ResourceKind.Agent);
        _attended.Add(container);
    }

    private void AttendAll(SandboxRecord record)
    {
        foreach (var container in record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating))
        {
            Attend(container.Key.Id);
        }
    }
}

using System.Collections.Immutable;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The actors that hold the resources of a sandbox: one of each kind.</summary>
internal enum ResourceKind
{
    Hypervisor,
    Cgroup,
    Storage,
    Agent,
}

/// <summary>Work outside the core, as a value. It is carried out after the events of its <see cref="Step"/> are persisted.</summary>
internal abstract record Effect
{
    /// <summary>Stop the agent's actor: the VM is about to end.</summary>
    public sealed record LeaveAgent : Effect;

    /// <summary>A message to the factory. Its answer is an input, since the factory watches its requester.</summary>
    /// <param name="Message">One of the factory's protocol.</param>
    public sealed record TellFactory(object Message) : Effect;

    /// <summary>A VM was started: reach its agent, and learn the threads of its vCPUs. The answers are inputs.</summary>
    /// <param name="AgentSocket">The path of the agent's socket.</param>
    /// <param name="Deadline">For the agent's first answer.</param>
    /// <param name="Boots">Whether the guest boots.</param>
    public sealed record ReachGuest(string AgentSocket, TimeSpan Deadline, bool Boots) : Effect;

    /// <summary>Adopt a VM that runs. The answer is an input.</summary>
    /// <param name="Config">The VM.</param>
    /// <param name="Vmm">Its process.</param>
    public sealed record AdoptVm(VmConfig Config, ProcessIdentity Vmm) : Effect;

    /// <summary>Every container that exists has an actor.</summary>
    public sealed record AttendContainers : Effect;

    /// <summary>The commands that have waited for the return of the sandbox are taken.</summary>
    public sealed record TakeCommands : Effect;

    /// <summary>The VM is gone: its actor and that of its agent stop, and those of the containers hear of it.</summary>
    public sealed record LeaveVm : Effect;

    /// <summary>Remove the cgroups of a VM that has ended. Its removal makes up for a failure.</summary>
    public sealed record DropCgroups : Effect;

    /// <summary>The actor of a resource is of no more use: it stops, and its last messages are stale.</summary>
    /// <param name="Resource">The resource.</param>
    public sealed record Dismiss(ResourceKind Resource) : Effect;

    /// <summary>The boot that the factory has admitted is over, in one way or the other.</summary>
    public sealed record EndBoot : Effect;

    /// <summary>The id of a container whose creation was refused is free.</summary>
    /// <param name="Container">The container.</param>
    public sealed record FreeId(ContainerKey Container) : Effect;

    /// <summary>There is no sandbox: its actor stops.</summary>
    public sealed record Leave : Effect;

    /// <summary>A creation has failed: its mounts, if they are not attached, are closed. Its network namespace may be in use until its end.</summary>
    /// <param name="Request">The creation.</param>
    public sealed record ReleaseMounts(RequesterId Request) : Effect;

    /// <summary>A step of a creation has begun.</summary>
    /// <param name="Request">The creation.</param>
    /// <param name="Step">Its name.</param>
    public sealed record StepBegan(RequesterId Request, string Step) : Effect;

    /// <summary>A step of a creation has ended.</summary>
    /// <param name="Request">The creation.</param>
    /// <param name="Step">Its name.</param>
    public sealed record StepEnded(RequesterId Request, string Step) : Effect;

    /// <summary>The cgroup in which a VM of the pool has waited is empty: all its threads are in the sandbox's own.</summary>
    public sealed record LeavePoolGroup : Effect;

    /// <summary>Give a VM of the pool, of which the sandbox has not taken possession, back to the factory.</summary>
    /// <param name="Vm">The VM; null for none.</param>
    public sealed record GiveBackVm(VmLease? Vm) : Effect;
}

/// <summary>An effect that ends with exactly one <see cref="Done"/> or <see cref="Overdue"/> of its id.</summary>
/// <param name="Id">Comes back with the reply.</param>
/// <param name="Deadline">After that the reply is not awaited any longer.</param>
internal abstract record AwaitedEffect(EffectId Id, TimeSpan Deadline) : Effect
{
    /// <summary>A command to a resource actor. Its reply is that of the actor's protocol, or <see cref="ResourceLost"/>.</summary>
    public sealed record Ask(EffectId Id, ResourceKind Resource, object Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>A command to the actor of a container. Its reply is that of the actor's protocol.</summary>
    public sealed record AskContainer(EffectId Id, string Container, object Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Launch a VM in the network namespace that came with a request. Its reply is that of the hypervisor's protocol.</summary>
    /// <param name="Id">Comes back with the reply.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Config">The VM.</param>
    /// <param name="Deadline">After that the reply is not awaited any longer.</param>
    public sealed record Launch(EffectId Id, RequesterId Request, VmConfig Config, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Attach the mounts of a container, whose descriptors came with its request. Its reply is that of the storage's protocol.</summary>
    /// <param name="Id">Comes back with the reply.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Command">The command, without the descriptors.</param>
    /// <param name="Deadline">After that the reply is not awaited any longer.</param>
    public sealed record Attach(EffectId Id, RequesterId Request, StorageProtocol.Attach Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Make the sandbox in the guest, with random bytes and a clock of its own. Its reply is that of the agent's protocol.</summary>
    /// <param name="Id">Comes back with the reply.</param>
    /// <param name="GuestId">Its id in the guest.</param>
    /// <param name="Hostname">The guest's host name; empty for none.</param>
    /// <param name="Timeout">Of the call.</param>
    /// <param name="Deadline">After that the reply is not awaited any longer.</param>
    public sealed record CreateSandbox(EffectId Id, string GuestId, string Hostname, TimeSpan Timeout, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>End whichever VMs of these uuids run on this host. The reply is a <see cref="VmsEnded"/> or a <see cref="Failure"/>.</summary>
    public sealed record EndVms(EffectId Id, ImmutableArray<Guid> Uuids, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Remove the cgroup in which a VM of the pool has waited. The reply is a <see cref="Factory.PoolGroupActor.Gone"/>.</summary>
    public sealed record RemovePoolGroup(EffectId Id, Guid Vm, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Do nothing: what follows is the <see cref="Overdue"/> of its deadline.</summary>
    public sealed record Pause(EffectId Id, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);
}

/// <summary>The reply of <see cref="AwaitedEffect.EndVms"/>: none of them runs.</summary>
internal sealed record VmsEnded;

/// <summary>In place of a reply: the resource actor has stopped before it gave one. A fresh one can be asked again.</summary>
/// <param name="Actor">Its name.</param>
internal sealed record ResourceLost(string Actor);

using System.Collections.Immutable;
using KataActors.Linux;
using KataActors.Network;
using KataActors.Runtime.Storage;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The resource actors of a sandbox: one of each kind.</summary>
internal enum ResourceKind
{
    Hypervisor,
    Cgroup,
    Storage,
    Agent,
    Network,
}

/// <summary>Work outside the core, as a value. It is carried out after the events of its <see cref="Step"/> are persisted.</summary>
internal abstract record Effect
{
    /// <summary>Stop the agent actor: the VM is about to end.</summary>
    public sealed record LeaveAgent : Effect;

    /// <summary>Send a message to the factory. Its answer is an input, not a reply, because the factory watches the sender.</summary>
    /// <param name="Message">A message of the factory's protocol.</param>
    public sealed record TellFactory(object Message) : Effect;

    /// <summary>Connect to the agent of a running VM, and query its vCPU threads. The answers are inputs.</summary>
    /// <param name="AgentSocket">The path of the agent's socket.</param>
    /// <param name="Deadline">For the agent's first answer.</param>
    /// <param name="Boots">Whether the guest boots.</param>
    public sealed record ReachGuest(string AgentSocket, TimeSpan Deadline, bool Boots) : Effect;

    /// <summary>Adopt a running VM. The answer is an input.</summary>
    /// <param name="Config">The VM.</param>
    /// <param name="Vmm">The process of the VM.</param>
    public sealed record AdoptVm(VmConfig Config, ProcessIdentity Vmm) : Effect;

    /// <summary>Start the missing actors of existing containers.</summary>
    public sealed record AttendContainers : Effect;

    /// <summary>Connect again to the agent whose actor has failed, and replace the containers' actors, which use it. The answer is an input.</summary>
    /// <param name="AgentSocket">The path of the agent's socket.</param>
    /// <param name="Deadline">For the agent's first answer.</param>
    public sealed record ReconnectAgent(string AgentSocket, TimeSpan Deadline) : Effect;

    /// <summary>Take the commands that have waited for the reconciliation.</summary>
    public sealed record TakeCommands : Effect;

    /// <summary>After the end of the VM: stop the hypervisor and agent actors, and tell the containers' actors.</summary>
    public sealed record LeaveVm : Effect;

    /// <summary>Remove the cgroups of an ended VM. After a failure the sandbox's removal does it.</summary>
    public sealed record DropCgroups : Effect;

    /// <summary>Stop a resource actor; its last messages are stale.</summary>
    /// <param name="Resource">The resource.</param>
    public sealed record Dismiss(ResourceKind Resource) : Effect;

    /// <summary>Tell the factory that the boot it has granted is over, successful or not.</summary>
    public sealed record EndBoot : Effect;

    /// <summary>Free the id of a container whose creation was refused.</summary>
    /// <param name="Container">The container.</param>
    public sealed record FreeId(ContainerKey Container) : Effect;

    /// <summary>Stop the actor: there is no sandbox.</summary>
    public sealed record Leave : Effect;

    /// <summary>After a failed creation: close its unattached mounts. Its network namespace may be in use until the request ends.</summary>
    /// <param name="Request">The creation.</param>
    public sealed record ReleaseMounts(RequesterId Request) : Effect;

    /// <summary>A step of a creation begins.</summary>
    /// <param name="Request">The creation.</param>
    /// <param name="Step">The step's name.</param>
    public sealed record StepBegan(RequesterId Request, string Step) : Effect;

    /// <summary>A step of a creation ends.</summary>
    /// <param name="Request">The creation.</param>
    /// <param name="Step">The step's name.</param>
    public sealed record StepEnded(RequesterId Request, string Step) : Effect;

    /// <summary>Remove the pool cgroup of the sandbox's VM: all threads are in the sandbox's own, or QEMU has ended.</summary>
    public sealed record LeavePoolGroup : Effect;

    /// <summary>Return a pool VM to the factory, unless the sandbox has taken it over.</summary>
    /// <param name="Vm">The VM; null for none.</param>
    public sealed record GiveBackVm(VmLease? Vm) : Effect;
}

/// <summary>An effect that ends with exactly one <see cref="Done"/> or <see cref="Overdue"/> of its id.</summary>
/// <param name="Id">Returned with the reply.</param>
/// <param name="Deadline">End of the wait for the reply.</param>
internal abstract record AwaitedEffect(EffectId Id, TimeSpan Deadline) : Effect
{
    /// <summary>A command to a resource actor. The reply is one of the actor's protocol, or <see cref="ResourceLost"/>.</summary>
    public sealed record Ask(EffectId Id, ResourceKind Resource, object Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>A command to the actor of a container. The reply is one of the actor's protocol.</summary>
    public sealed record AskContainer(EffectId Id, string Container, object Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Launch a VM in the network namespace of a request. The reply is one of the hypervisor's protocol.</summary>
    /// <param name="Id">Returned with the reply.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Config">The VM.</param>
    /// <param name="Deadline">End of the wait for the reply.</param>
    public sealed record Launch(EffectId Id, RequesterId Request, VmConfig Config, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>A command inside of the network namespace of a request. The reply is one of the network's protocol.</summary>
    /// <param name="Id">Returned with the reply.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Command">The command, without the namespace.</param>
    /// <param name="Deadline">End of the wait for the reply.</param>
    public sealed record AskNetwork(EffectId Id, RequesterId Request, NetworkProtocol.InNamespace Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Attach the mounts of a container, with the descriptors of its request. The reply is one of the storage's protocol.</summary>
    /// <param name="Id">Returned with the reply.</param>
    /// <param name="Request">The request.</param>
    /// <param name="Command">The command, without the descriptors.</param>
    /// <param name="Deadline">End of the wait for the reply.</param>
    public sealed record Attach(EffectId Id, RequesterId Request, StorageProtocol.Attach Command, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Create the sandbox in the guest, with random bytes and a clock of its own. The reply is one of the agent's protocol.</summary>
    /// <param name="Id">Returned with the reply.</param>
    /// <param name="GuestId">The sandbox's id in the guest.</param>
    /// <param name="Hostname">The guest's host name; empty for none.</param>
    /// <param name="Timeout">The timeout of the call.</param>
    /// <param name="Deadline">End of the wait for the reply.</param>
    public sealed record CreateSandbox(EffectId Id, string GuestId, string Hostname, TimeSpan Timeout, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Look whether a stand-in runs. The reply is a <see cref="StandInSeen"/>.</summary>
    public sealed record SeekStandIn(EffectId Id, ProcessIdentity StandIn, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>End all VMs of these uuids on this host. The reply is a <see cref="VmsEnded"/> or a <see cref="Failure"/>.</summary>
    public sealed record EndVms(EffectId Id, ImmutableArray<Guid> Uuids, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Remove the pool cgroup of a VM. The reply is a <see cref="Factory.PoolGroupActor.Gone"/>.</summary>
    public sealed record RemovePoolGroup(EffectId Id, Guid Vm, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);

    /// <summary>Do nothing until the deadline; it ends with <see cref="Overdue"/>.</summary>
    public sealed record Pause(EffectId Id, TimeSpan Deadline) : AwaitedEffect(Id, Deadline);
}

/// <summary>The reply of <see cref="AwaitedEffect.EndVms"/>: none of the VMs runs.</summary>
internal sealed record VmsEnded;

/// <summary>The reply of <see cref="AwaitedEffect.SeekStandIn"/>.</summary>
/// <param name="Runs">Whether the stand-in runs.</param>
internal sealed record StandInSeen(bool Runs);

/// <summary>Replaces the reply of a resource actor that has stopped. A fresh actor can be asked again.</summary>
/// <param name="Actor">The actor's name.</param>
internal sealed record ResourceLost(string Actor);

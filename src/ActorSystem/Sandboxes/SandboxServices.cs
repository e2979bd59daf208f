using Akka.Actor;
using KataActors.Network;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Shared by all SandboxActors.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Descriptors">The descriptors of waiting requests.</param>
/// <param name="Factory">The FactoryActor.</param>
/// <param name="Children">How their children are made.</param>
internal sealed record SandboxServices(SandboxSettings Settings, DescriptorTable Descriptors, IActorRef Factory, SandboxChildren Children)
{
    /// <summary>Measures windows and deadlines by its timestamps, since the wall clock may be set at any time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Makes the props of the actors of a VM, from their parameters.</summary>
/// <param name="Hypervisor">The HypervisorActor.</param>
/// <param name="Cgroup">The CgroupActor, from a host name and a placement.</param>
/// <param name="Storage">The StorageActor, from a run directory.</param>
/// <param name="Agent">The AgentActor.</param>
internal sealed record SandboxChildren(Func<Props> Hypervisor, Func<string, CgroupPlacement, Props> Cgroup, Func<string, Props> Storage, Func<Props> Agent)
{
    /// <summary>The NetworkActor, for a sandbox.</summary>
    public Func<Props> Network { get; init; } = () => NetworkActor.Props();

    /// <summary>The crash point that a test has chosen; shared by all that changes a VM or its record.</summary>
    public CrashPoints CrashPoints { get; init; } = CrashPoints.None;
}

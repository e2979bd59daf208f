using Akka.Actor;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>What every SandboxActor shares with the others.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Descriptors">Where descriptors that came with requests wait.</param>
/// <param name="Factory">The FactoryActor.</param>
/// <param name="Children">How the children are made.</param>
internal sealed record SandboxServices(SandboxSettings Settings, DescriptorTable Descriptors, IActorRef Factory, SandboxChildren Children)
{
    /// <summary>Measures windows and deadlines, by its timestamps: its wall clock may be set at any time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where a test ends the daemon.</summary>
    public CrashPoints CrashPoints { get; init; } = CrashPoints.None;
}

/// <summary>How a SandboxActor's children are made, by what they need to know.</summary>
/// <param name="Hypervisor">The HypervisorActor.</param>
/// <param name="Cgroup">The CgroupActor of a host name, and where its groups are.</param>
/// <param name="Storage">The StorageActor of a run directory.</param>
/// <param name="Agent">The AgentActor.</param>
internal sealed record SandboxChildren(Func<Props> Hypervisor, Func<string, CgroupPlacement, Props> Cgroup, Func<string, Props> Storage, Func<Props> Agent);

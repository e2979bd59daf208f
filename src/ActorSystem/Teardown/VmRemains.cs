using System.Collections.Immutable;
using Akka.Actor;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Teardown;

/// <summary>The possible remains of a VM, for a teardown.</summary>
/// <param name="Vm">QEMU's uuid.</param>
/// <param name="QemuPath">The QEMU program.</param>
/// <param name="Folders">The folders that are its record; removed together.</param>
internal sealed record VmRemains(Guid Vm, string QemuPath, ImmutableArray<string> Folders)
{
    /// <summary>The HypervisorActor that holds QEMU; Nobody for none.</summary>
    public IActorRef Hypervisor { get; init; } = ActorRefs.Nobody;

    /// <summary>Makes the CgroupActor of its host cgroups; null when it has none.</summary>
    public Func<Props>? MakeGroups { get; init; }

    /// <summary>A CgroupActor that may be at work on its groups; Nobody for none.</summary>
    public IActorRef Groups { get; init; } = ActorRefs.Nobody;

    /// <summary>Whether the VM is left alone when its folders are gone, because a sandbox has taken it over.</summary>
    public bool OnlyWhileRecorded { get; init; }

    /// <summary>The crash point that a test has chosen; passed before each step that removes something.</summary>
    public CrashPoints CrashPoints { get; init; } = CrashPoints.None;

    /// <summary>For the hypervisor's whole escalation to stop QEMU; after it QEMU is ended by its uuid.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each other step; after it the step has failed.</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(15);
}

using System.Collections.Immutable;
using Akka.Actor;

namespace KataActors.Runtime.Teardown;

/// <summary>What there may be of a VM that is torn down.</summary>
/// <param name="Vm">QEMU's uuid.</param>
/// <param name="QemuPath">The QEMU program.</param>
/// <param name="Folders">The folders that are its record, removed together.</param>
internal sealed record VmRemains(Guid Vm, string QemuPath, ImmutableArray<string> Folders)
{
    /// <summary>The HypervisorActor that holds QEMU; Nobody when none does.</summary>
    public IActorRef Hypervisor { get; init; } = ActorRefs.Nobody;

    /// <summary>How the CgroupActor of its host cgroups is made; null when it has none.</summary>
    public Func<Props>? MakeGroups { get; init; }

    /// <summary>The CgroupActor that has them, which may be at work on them; Nobody when none has.</summary>
    public IActorRef Groups { get; init; } = ActorRefs.Nobody;

    /// <summary>Nothing of it is touched when its folders are gone: a sandbox has taken the VM, and them.</summary>
    public bool OnlyWhileRecorded { get; init; }

    /// <summary>For all of the hypervisor's means to stop QEMU; then it is ended by its uuid.</summary>
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each other step; then it has failed.</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(15);
}

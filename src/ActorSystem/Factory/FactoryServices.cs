using KataActors.Hypervisor;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Teardown;

namespace KataActors.Runtime.Factory;

/// <summary>The dependencies of the <see cref="FactoryActor"/>.</summary>
/// <param name="Settings">Its configuration.</param>
/// <param name="Vm">The default VM.</param>
/// <param name="Host">The host's support for VMs.</param>
/// <param name="Directory">The run directories of its VMs.</param>
/// <param name="Template">The template's files.</param>
/// <param name="Children">How its VMs' actors are made.</param>
/// <param name="BootDeadline">From QEMU's start to the agent's first answer.</param>
/// <param name="QueueDeadline">Deadline of a waiting request.</param>
internal sealed record FactoryServices(
    FactorySettings Settings,
    VmDefaults Vm,
    HostVirtualization Host,
    FactoryDirectory Directory,
    TemplateFiles Template,
    SandboxChildren Children,
    TimeSpan BootDeadline,
    TimeSpan QueueDeadline)
{
    /// <summary>The possible remains of an orphaned VM.</summary>
    public VmRemains RemainsOf(Orphan orphan)
    {
        var remains = Directory.RemainsOf(orphan.Vm) with { OnlyWhileRecorded = orphan.IsOfEarlierDaemon, CrashPoints = Children.CrashPoints };
        remains = orphan.HasRunDirectory ? remains with { MakeGroups = PoolGroupActor.GroupsOf(orphan.Vm, Children.Cgroup) } : remains;
        return orphan.HasTemplateFolder ? remains with { Folders = remains.Folders.Add(Template.Making(orphan.Vm).Directory) } : remains;
    }
}

using KataActors.Hypervisor;
using KataActors.Runtime.Factory.Core;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Teardown;

namespace KataActors.Runtime.Factory;

/// <summary>What the <see cref="FactoryActor"/> needs.</summary>
/// <param name="Settings">Its configuration.</param>
/// <param name="Vm">What a VM is made of.</param>
/// <param name="Host">What the host offers.</param>
/// <param name="Directory">Where its VMs have their run directories.</param>
/// <param name="Template">Where the template is.</param>
/// <param name="Children">How the actors of its VMs are made.</param>
/// <param name="BootDeadline">From QEMU's start to the agent's first answer.</param>
/// <param name="QueueDeadline">For a request that waits.</param>
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
    /// <summary>What there may be of an orphaned VM.</summary>
    public VmRemains RemainsOf(Orphan orphan)
    {
        var remains = Directory.RemainsOf(orphan.Vm) with { OnlyWhileRecorded = orphan.IsOfEarlierDaemon };
        remains = orphan.HasRunDirectory ? remains with { MakeGroups = PoolGroupActor.GroupsOf(orphan.Vm, Children.Cgroup) } : remains;
        return orphan.HasTemplateFolder ? remains with { Folders = remains.Folders.Add(Template.Making(orphan.Vm).Directory) } : remains;
    }
}

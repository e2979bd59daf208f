using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The other facts that a decision depends on: the settings, and a fresh identity.</summary>
/// <param name="Settings">The factory's configuration.</param>
/// <param name="Vm">The default VM.</param>
/// <param name="Host">The host's support for VMs.</param>
/// <param name="Template">The template as the start of a clone.</param>
/// <param name="TemplateFolder">The folder of the template.</param>
/// <param name="QueueDeadline">Deadline of a waiting request.</param>
internal sealed record FactoryContext(
    FactorySettings Settings, VmDefaults Vm, HostVirtualization Host, VmTemplate Template, string TemplateFolder, TimeSpan QueueDeadline)
{
    /// <summary>The identity of the next pool VM; null without a pool.</summary>
    public VmIdentity? FreshVm { get; init; }

    /// <summary>Whether there is a pool.</summary>
    public bool HasPool => Settings.PoolMaximum > 0;

    /// <summary>The source of cold boots.</summary>
    public DirectStrategy Direct => new(Vm, Host);

    /// <summary>The source of pool VMs.</summary>
    public IVmStrategy BelowPool => Settings.EnableTemplate ? new TemplateStrategy(Direct, Vm, Template) : Direct;

    /// <summary>The source of the sandboxes' VMs.</summary>
    public IVmStrategy Strategy => HasPool ? new PoolStrategy(BelowPool, Vm) : BelowPool;

    /// <summary>Whether a VM of the template or the pool fits a request.</summary>
    public bool IsUsual(FactoryProtocol.RequestVm request) => Vm.DoesFor(request.Vcpus, request.MemoryMib);
}

using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;

namespace KataActors.Runtime.Factory.Core;

/// <summary>What a decision depends on beside the state: the settings, and what is drawn for it.</summary>
/// <param name="Settings">The factory's configuration.</param>
/// <param name="Vm">What a VM is made of.</param>
/// <param name="Host">What the host offers.</param>
/// <param name="Template">The template, as a clone begins with it.</param>
/// <param name="TemplateFolder">Where the template is.</param>
/// <param name="QueueDeadline">For a request that waits.</param>
internal sealed record FactoryContext(
    FactorySettings Settings, VmDefaults Vm, HostVirtualization Host, VmTemplate Template, string TemplateFolder, TimeSpan QueueDeadline)
{
    /// <summary>The identity of the next VM of the pool; null when there is no pool.</summary>
    public VmIdentity? FreshVm { get; init; }

    /// <summary>Whether there is a pool.</summary>
    public bool HasPool => Settings.PoolMaximum > 0;

    /// <summary>Where a cold boot comes from.</summary>
    public DirectStrategy Direct => new(Vm, Host);

    /// <summary>Where the VMs of the pool come from.</summary>
    public IVmStrategy BelowPool => Settings.EnableTemplate ? new TemplateStrategy(Direct, Vm, Template) : Direct;

    /// <summary>Where the VMs of sandboxes come from.</summary>
    public IVmStrategy Strategy => HasPool ? new PoolStrategy(BelowPool, Vm) : BelowPool;

    /// <summary>Whether the template and the pool do for a request.</summary>
    public bool IsUsual(FactoryProtocol.RequestVm request) => Vm.DoesFor(request.Vcpus, request.MemoryMib);
}

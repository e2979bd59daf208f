using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>A VM granted to a sandbox by the factory, or described to it for a reconciliation.</summary>
/// <param name="Config">The VM.</param>
/// <param name="Source">One of <see cref="VmSources"/>; empty in a reconciliation.</param>
/// <param name="Running">The running pool VM; null for a VM to launch.</param>
internal sealed record VmLease(VmConfig Config, string Source, RunningVm? Running)
{
    /// <summary>Whether the pool VM's run directory has become the sandbox's own; until then the VM belongs to the factory.</summary>
    public bool IsTaken { get; init; }
}

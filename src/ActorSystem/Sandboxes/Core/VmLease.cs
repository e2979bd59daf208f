using KataActors.Hypervisor;
using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The VM that the factory has granted to a sandbox, or has described to it after a return of the daemon.</summary>
/// <param name="Config">The VM.</param>
/// <param name="Source">One of <see cref="VmSources"/>; empty after a return.</param>
/// <param name="Running">The VM of the pool that runs already; null for one that is to be launched.</param>
internal sealed record VmLease(VmConfig Config, string Source, RunningVm? Running)
{
    /// <summary>The run directory of a VM of the pool is the sandbox's own: before that, the VM is the factory's to end.</summary>
    public bool IsTaken { get; init; }
}

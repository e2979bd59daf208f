using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>VMs that are ready and waiting, while there are any; else those of the strategy below.</summary>
internal sealed class PoolStrategy(IVmStrategy below, VmDefaults defaults, VmPool pool) : IVmStrategy
{
    /// <summary>The VM that the last offer took from the pool; null when it took none.</summary>
    public HeldVm? Taken { get; private set; }

    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, bool mayBoot)
    {
        Taken = request.CloneFailure is null && defaults.DoesFor(request.Vcpus, request.MemoryMib) ? pool.Take() : null;
        if (Taken is not { } held)
        {
            return below.Offer(request, mayBoot);
        }

        // Its own uuid, by which its process is known, in the sandbox's directory.
        var config = held.Config with { RunDirectory = request.Identity.RunDirectory };
        return new VmOffer.Grant(new VmGranted(VmSources.Pool, config, new RunningVm(held.Process, held.Config.RunDirectory)));
    }
}

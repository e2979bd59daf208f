using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>VMs that are ready and waiting, while there are any; else those of the strategy below.</summary>
internal sealed record PoolStrategy(IVmStrategy Below, VmDefaults Defaults) : IVmStrategy
{
    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, OfferFacts facts)
    {
        if (request.CloneFailure is not null || !Defaults.DoesFor(request.Vcpus, request.MemoryMib) || facts.Vms.OfType<FactoryVm.Waiting>().FirstOrDefault() is not { } waiting)
        {
            return Below.Offer(request, facts);
        }

        // Its own uuid, by which its process is known, in the sandbox's directory.
        var config = waiting.Config with { RunDirectory = request.Identity.RunDirectory };
        return new VmOffer.Grant(new VmGranted(VmSources.Pool, config, new RunningVm(waiting.Process, waiting.Config.RunDirectory)));
    }
}

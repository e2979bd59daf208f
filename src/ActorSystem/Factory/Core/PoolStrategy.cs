using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>Offers a ready VM while there is one; else the strategy below.</summary>
internal sealed record PoolStrategy(IVmStrategy Below, VmDefaults Defaults) : IVmStrategy
{
    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, OfferFacts facts)
    {
        if (request.CloneFailure is not null || !Defaults.DoesFor(request.Vcpus, request.MemoryMib) || facts.Vms.OfType<FactoryVm.Waiting>().FirstOrDefault() is not { } waiting)
        {
            return Below.Offer(request, facts);
        }

        // The VM keeps its own uuid, which identifies its process, and moves to the sandbox's directory.
        var config = waiting.Config with { RunDirectory = request.Identity.RunDirectory };
        return new VmOffer.Grant(new VmGranted(VmSources.Pool, config, new RunningVm(waiting.Process, waiting.Config.RunDirectory)));
    }
}

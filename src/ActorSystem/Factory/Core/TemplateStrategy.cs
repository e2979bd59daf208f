using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// Offers clones of the template, where there is one; else the strategy below. Requests wait for a template that is being checked or made.
/// </summary>
/// <param name="Below">The source of VMs for which the template is unsuitable; of all VMs when no template can be made.</param>
/// <param name="Defaults">The size of the template.</param>
/// <param name="Template">The template as the start of a clone.</param>
internal sealed record TemplateStrategy(IVmStrategy Below, VmDefaults Defaults, VmTemplate Template) : IVmStrategy
{
    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, OfferFacts facts)
    {
        if (request.CloneFailure is not null || !Defaults.DoesFor(request.Vcpus, request.MemoryMib))
        {
            return Below.Offer(request, facts);
        }

        return facts.Template switch
        {
            TemplateLife.Ready when facts is { MayBoot: true, IsTemplateUnchanged: false } => new VmOffer.Later(TemplateNeed.Look),
            TemplateLife.Ready => AsClone(Below.Offer(request with { Vcpus = Defaults.Vcpus }, facts)),
            TemplateLife.None => new VmOffer.Later(TemplateNeed.Making),
            TemplateLife.Failed or TemplateLife.Off => Below.Offer(request, facts),
            _ => new VmOffer.Later(TemplateNeed.None),
        };
    }

    private VmOffer AsClone(VmOffer offer) => offer is VmOffer.Grant { Vm: var vm }
        ? new VmOffer.Grant(new VmGranted(VmSources.Template, vm.Config with { Template = Template }))
        : offer;
}

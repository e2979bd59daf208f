using System.Collections.Immutable;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// A source of VMs. Strategies are nested, each built on another: the pool on the template or the direct one, the template on the direct one. They have no state: an
/// offer is a pure function.
/// </summary>
internal interface IVmStrategy
{
    /// <summary>What there is for a request now.</summary>
    VmOffer Offer(RequestVm request, OfferFacts facts);
}

/// <summary>What an offer is made on: all of it was observed before.</summary>
/// <param name="Vms">The VMs that no sandbox owns.</param>
/// <param name="Template">The template.</param>
/// <param name="IsTemplateUnchanged">Whether a look at the template's files has just found them as they were when it was checked.</param>
/// <param name="MayBoot">False while as many VMs boot as may; then only one that runs already can be had.</param>
internal sealed record OfferFacts(ImmutableList<FactoryVm> Vms, TemplateLife Template, bool IsTemplateUnchanged, bool MayBoot);

/// <summary>What has to be done before a clone can be offered.</summary>
internal enum TemplateNeed
{
    /// <summary>Nothing but to wait.</summary>
    None,

    /// <summary>A look at the template's files.</summary>
    Look,

    /// <summary>A template.</summary>
    Making,
}

/// <summary>A strategy's answer.</summary>
internal abstract record VmOffer
{
    private VmOffer()
    {
    }

    /// <summary>This is how the VM is got.</summary>
    public sealed record Grant(VmGranted Vm) : VmOffer;

    /// <summary>Not yet: ask again when something has changed.</summary>
    /// <param name="Need">What to do for it.</param>
    public sealed record Later(TemplateNeed Need) : VmOffer;

    /// <summary>There will never be one.</summary>
    public sealed record Refusal(Failure Failure) : VmOffer;
}

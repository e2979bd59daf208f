using System.Collections.Immutable;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>
/// A source of VMs. Strategies nest: the pool uses the template or the direct strategy, the template uses the direct one. They have no state: an
/// offer is a pure function.
/// </summary>
internal interface IVmStrategy
{
    /// <summary>The present offer for a request.</summary>
    VmOffer Offer(RequestVm request, OfferFacts facts);
}

/// <summary>The observed facts behind an offer.</summary>
/// <param name="Vms">The VMs without a sandbox.</param>
/// <param name="Template">The template.</param>
/// <param name="IsTemplateUnchanged">Whether a look at the template's files has found them as in its check.</param>
/// <param name="MayBoot">Whether another VM may boot; otherwise only a running one can be offered.</param>
internal sealed record OfferFacts(ImmutableList<FactoryVm> Vms, TemplateLife Template, bool IsTemplateUnchanged, bool MayBoot);

/// <summary>The condition of a clone that is missing.</summary>
internal enum TemplateNeed
{
    /// <summary>None but time.</summary>
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

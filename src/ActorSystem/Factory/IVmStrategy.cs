using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>A source of VMs. Strategies are nested, each built on another: the pool on the template or the direct one, the template on the direct one.</summary>
internal interface IVmStrategy
{
    /// <summary>What there is for a request now.</summary>
    /// <param name="request">The request.</param>
    /// <param name="mayBoot">False while as many VMs boot as may; then only one that runs already can be had.</param>
    VmOffer Offer(RequestVm request, bool mayBoot);
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
    public sealed record Later : VmOffer;

    /// <summary>There will never be one.</summary>
    public sealed record Refusal(Failure Failure) : VmOffer;
}

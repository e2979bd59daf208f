using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>VMs as clones of the template, where there is one; else those of the strategy below. Requests wait for a template that is under way.</summary>
/// <param name="below">Where VMs come from that the template does not do for, and all of them when no template can be made.</param>
/// <param name="defaults">The size of the template.</param>
/// <param name="files">Where the template is.</param>
internal sealed class TemplateStrategy(IVmStrategy below, VmDefaults defaults, TemplateFiles files) : IVmStrategy
{
    /// <summary>The template as it was last heard of.</summary>
    public TemplateView View { get; set; } = new(TemplateState.Checking, "", "", null, []);

    /// <summary>What has to be done before a waiting request can be served; a message to the <see cref="TemplateActor"/>, or null.</summary>
    public object? Wanted { get; private set; }

    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, bool mayBoot)
    {
        Wanted = null;
        if (request.CloneFailure is not null || !defaults.DoesFor(request.Vcpus, request.MemoryMib))
        {
            return below.Offer(request, mayBoot);
        }

        switch (View.State)
        {
            case TemplateState.Ready when !View.Stamps.All(stamp => stamp.StillHolds()):
                Wanted = new TemplateProtocol.Check();
                return new VmOffer.Later();
            case TemplateState.Ready:
                return Clone(below.Offer(request with { Vcpus = defaults.Vcpus }, mayBoot));
            case TemplateState.Absent:
                Wanted = new TemplateProtocol.Make();
                return new VmOffer.Later();
            case TemplateState.Failed or TemplateState.Off:
                return below.Offer(request, mayBoot);
            default:
                return new VmOffer.Later();
        }
    }

    private VmOffer Clone(VmOffer offer) => offer is VmOffer.Grant { Vm: var vm }
        ? new VmOffer.Grant(new VmGranted(VmSources.Template, vm.Config with { Template = files.Current }))
        : offer;
}

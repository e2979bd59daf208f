using KataActors.Hypervisor;
using KataActors.Runtime.Factory.Core;

namespace KataActors.Runtime.Factory;

/// <summary>Completes a status of the factory with what the kernel and the template's files tell. It reads all of them.</summary>
/// <param name="services">Where they are.</param>
/// <param name="direct">Describes the VM that a template would be made from now.</param>
internal sealed class FactoryStatusReader(FactoryServices services, DirectStrategy direct)
{
    private const string VmName = "status";

    /// <summary>The status with what the clones share, and with how the template is now.</summary>
    public FactoryStatus Complete(FactoryStatus status) =>
        status with { Memory = SharedMemory.Of(services.Template.Current.MemoryFile), Template = Look(status.Template) };

    // A template that was right when it was last cloned may have been damaged since.
    private TemplateView Look(TemplateView view)
    {
        if (view.State is not (TemplateState.Ready or TemplateState.Absent))
        {
            return view;
        }

        var usual = direct.Describe(services.Directory.NewVm(VmName), services.Vm.Vcpus, services.Vm.MemoryMib);
        if (usual is Failure failure)
        {
            return view with { Problem = failure.Message };
        }

        var check = TemplateCheck.Read(services.Template, (VmConfig)usual);
        return view with { State = check.IsRight ? TemplateState.Ready : TemplateState.Absent, Problem = check.Problem ?? "", Manifest = check.Manifest };
    }
}

using KataActors.Runtime.Factory.Core;

namespace KataActors.Runtime.Factory;

/// <summary>Completes a status of the factory with facts from the kernel and the template's files, which it reads in full.</summary>
/// <param name="services">The files' places.</param>
/// <param name="direct">Describes the VM for a template made now.</param>
internal sealed class FactoryStatusReader(FactoryServices services, DirectStrategy direct)
{
    private const string VmName = "status";

    /// <summary>The status with the memory shared by clones, and the template's present state.</summary>
    public FactoryStatus Complete(FactoryStatus status) =>
        status with { Memory = SharedMemory.Of(services.Template.Current.MemoryFile), Template = Look(status.Template) };

    // A usable template may have been damaged since its last clone.
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

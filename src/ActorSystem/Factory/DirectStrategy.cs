using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>The strategy at the bottom: every sandbox boots its own VM.</summary>
internal sealed class DirectStrategy(VmDefaults defaults, HostVirtualization host) : IVmStrategy
{
    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, bool mayBoot) => Describe(request.Identity, request.Vcpus, request.MemoryMib) switch
    {
        Failure failure => new VmOffer.Refusal(failure),
        VmConfig config when mayBoot => new VmOffer.Grant(new VmGranted(VmSources.Cold, config)),
        _ => new VmOffer.Later(),
    };

    /// <summary>The configuration of a VM of that size, or a <see cref="Failure"/>.</summary>
    public object Describe(VmIdentity identity, uint vcpus, uint memoryMib)
    {
        if (!Enum.TryParse<AcceleratorChoice>(defaults.Accelerator, ignoreCase: true, out var choice)
            || !Enum.TryParse<MachineType>(defaults.MachineType, ignoreCase: true, out var machine))
        {
            return new Failure(FailureCode.InvalidArgument, $"machine type \"{defaults.MachineType}\" or accelerator \"{defaults.Accelerator}\" is unknown");
        }

        if (!host.TryResolve(choice, out var accelerator, out var error))
        {
            return new Failure(FailureCode.FailedPrecondition, error);
        }

        return new VmConfig
        {
            HostName = identity.HostName,
            Uuid = identity.Uuid,
            RunDirectory = identity.RunDirectory,
            QemuPath = defaults.QemuPath,
            Machine = machine,
            Accelerator = accelerator,
            KernelPath = defaults.KernelPath,
            InitramfsPath = defaults.InitramfsPath,
            KernelParameters = [.. defaults.KernelParameters.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            CpuModel = defaults.CpuModel.Length > 0 ? defaults.CpuModel : null,
            VcpuCount = (int)vcpus,
            MaxVcpuCount = (int)Math.Max(vcpus, defaults.MaxVcpus),
            MemoryMib = (int)memoryMib,
            DebugConsole = defaults.DebugConsole,
        };
    }
}

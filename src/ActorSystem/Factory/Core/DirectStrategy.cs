using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The bottom strategy: every sandbox boots its own VM.</summary>
internal sealed record DirectStrategy(VmDefaults Defaults, HostVirtualization Host) : IVmStrategy
{
    // For the network interfaces. More than two slow the guest's boot.
    private const int RootPorts = 1;

    /// <inheritdoc/>
    public VmOffer Offer(RequestVm request, OfferFacts facts) => Describe(request.Identity, request.Vcpus, request.MemoryMib) switch
    {
        Failure failure => new VmOffer.Refusal(failure),
        VmConfig config when facts.MayBoot => new VmOffer.Grant(new VmGranted(VmSources.Cold, config)),
        _ => new VmOffer.Later(TemplateNeed.None),
    };

    /// <summary>The configuration of a VM of this size, or a <see cref="Failure"/>.</summary>
    public object Describe(VmIdentity identity, uint vcpus, uint memoryMib)
    {
        if (!Enum.TryParse<AcceleratorChoice>(Defaults.Accelerator, ignoreCase: true, out var choice)
            || !Enum.TryParse<MachineType>(Defaults.MachineType, ignoreCase: true, out var machine))
        {
            return new Failure(FailureCode.InvalidArgument, $"machine type \"{Defaults.MachineType}\" or accelerator \"{Defaults.Accelerator}\" is unknown");
        }

        if (!Host.TryResolve(choice, out var accelerator, out var error))
        {
            return new Failure(FailureCode.FailedPrecondition, error);
        }

        return new VmConfig
        {
            HostName = identity.HostName,
            Uuid = identity.Uuid,
            RunDirectory = identity.RunDirectory,
            QemuPath = Defaults.QemuPath,
            Machine = machine,
            Accelerator = accelerator,
            KernelPath = Defaults.KernelPath,
            InitramfsPath = Defaults.InitramfsPath,
            KernelParameters = [.. Defaults.KernelParameters.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            CpuModel = Defaults.CpuModel.Length > 0 ? Defaults.CpuModel : null,
            VcpuCount = (int)vcpus,
            MaxVcpuCount = (int)Math.Max(vcpus, Defaults.MaxVcpus),
            MemoryMib = (int)memoryMib,
            RootPortCount = machine == MachineType.Q35 ? RootPorts : 0,
            DebugConsole = Defaults.DebugConsole,
        };
    }
}

using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

/// <summary>Decides how a sandbox gets its VM, by its strategy. Lives as long as the daemon.</summary>
internal sealed class FactoryActor : ReceiveActor
{
    /// <summary>Name below /user.</summary>
    public const string Name = "factory";

    public FactoryActor(IVmStrategy strategy) =>
        Receive<RequestVm>(request => Sender.Tell(strategy.Grant(request)));

    /// <param name="strategy">Where VMs come from.</param>
    public static Props Props(IVmStrategy strategy) => Akka.Actor.Props.Create(() => new FactoryActor(strategy));
}

/// <summary>A source of VMs; strategies are nested, each built on another.</summary>
internal interface IVmStrategy
{
    /// <summary>A <see cref="VmGranted"/>, or a <see cref="Failure"/>.</summary>
    object Grant(RequestVm request);
}

/// <summary>The strategy at the bottom: every sandbox boots its own VM.</summary>
internal sealed class DirectStrategy(VmDefaults defaults, HostVirtualization host) : IVmStrategy
{
    /// <inheritdoc/>
    public object Grant(RequestVm request)
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

        return new VmGranted("cold", new VmConfig
        {
            HostName = request.Identity.HostName,
            Uuid = request.Identity.Uuid,
            RunDirectory = request.Identity.RunDirectory,
            QemuPath = defaults.QemuPath,
            Machine = machine,
            Accelerator = accelerator,
            KernelPath = defaults.KernelPath,
            InitramfsPath = defaults.InitramfsPath,
            KernelParameters = [.. defaults.KernelParameters.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            CpuModel = defaults.CpuModel.Length > 0 ? defaults.CpuModel : null,
            VcpuCount = (int)request.Vcpus,
            MaxVcpuCount = (int)Math.Max(request.Vcpus, defaults.MaxVcpus),
            MemoryMib = (int)request.MemoryMib,
            DebugConsole = defaults.DebugConsole,
        });
    }
}

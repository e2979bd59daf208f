using System.Collections.Immutable;

namespace KataActors.Model;

/// <summary>
/// The description of one VM: everything in its QEMU command line. Its paths are not opened here; <see cref="Validate"/> checks
/// the values only.
/// </summary>
public sealed record VmConfig
{
    /// <summary>The sandbox's name on the host; QEMU's <c>-name</c>.</summary>
    public required string HostName { get; init; }

    /// <summary>QEMU's <c>-uuid</c>, by which the process can be found.</summary>
    public required Guid Uuid { get; init; }

    /// <summary>Absolute path of the QEMU program.</summary>
    public required string QemuPath { get; init; }

    /// <summary>The machine type.</summary>
    public MachineType Machine { get; init; } = MachineType.Q35;

    /// <summary>The accelerator, decided by <see cref="AcceleratorChoice"/> and host.</summary>
    public required Accelerator Accelerator { get; init; }

    /// <summary>Absolute path of the guest kernel.</summary>
    public required string KernelPath { get; init; }

    /// <summary>Absolute path of the initramfs.</summary>
    public required string InitramfsPath { get; init; }

    /// <summary>The user's kernel parameters; they follow the defaults and so win.</summary>
    public ImmutableArray<string> KernelParameters { get; init; } = [];

    /// <summary>The whole kernel command line: the defaults, then <see cref="KernelParameters"/>.</summary>
    public string KernelCommandLine => GuestKernelParameters.CommandLine(this);

    /// <summary>vCPUs at boot.</summary>
    public int VcpuCount { get; init; } = 1;

    /// <summary>The highest number of vCPUs, hot-plugged ones included.</summary>
    public int MaxVcpuCount { get; init; } = 1;

    /// <summary>Guest memory in MiB.</summary>
    public int MemoryMib { get; init; } = 256;

    /// <summary>QEMU's CPU model; null for the accelerator's best.</summary>
    public string? CpuModel { get; init; }

    /// <summary>PCI Express root ports, one for each hot-plugged device; q35 only.</summary>
    public int RootPortCount { get; init; }

    /// <summary>Absolute path of the sandbox's run directory. It must exist; its content is made at launch.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The tag of the shared directory for the guest's mount.</summary>
    public string ShareTag { get; init; } = "kataShared";

    /// <summary>The template that this VM becomes or starts from; null for neither.</summary>
    public VmTemplate? Template { get; init; }

    /// <summary>Gives the guest a serial console, written to <see cref="ConsoleLog"/> without bound.</summary>
    public bool DebugConsole { get; init; }

    /// <summary>Socket of the monitor.</summary>
    public string MonitorSocket => Path.Combine(RunDirectory, "qmp.sock");

    /// <summary>Socket of the agent channel.</summary>
    public string AgentSocket => Path.Combine(RunDirectory, "agent.sock");

    /// <summary>The copy of QEMU's stderr, kept after its death.</summary>
    public string VmmLog => Path.Combine(RunDirectory, "qemu.log");

    /// <summary>The guest's console, when <see cref="DebugConsole"/> is set.</summary>
    public string ConsoleLog => Path.Combine(RunDirectory, "console.log");

    /// <summary>Root of the shared directory, in the VMM's mount namespace.</summary>
    public string ShareDirectory => Path.Combine(RunDirectory, "share");

    /// <summary>All errors in these values; empty when there are none.</summary>
    public ImmutableArray<string> Validate() => VmConfigValidation.Validate(this);
}

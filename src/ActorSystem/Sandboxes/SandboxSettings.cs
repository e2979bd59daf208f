using KataActors.Network;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The configuration of a sandbox's actors.</summary>
/// <param name="RunDirectory">The parent of <c>sandboxes/&lt;host name&gt;</c>.</param>
/// <param name="Vm">The default VM.</param>
/// <param name="Deadlines">How long each step may take.</param>
public sealed record SandboxSettings(string RunDirectory, VmDefaults Vm, SandboxDeadlines Deadlines)
{
    /// <summary>The host cgroups.</summary>
    public CgroupDefaults Cgroups { get; init; } = new();

    /// <summary>How interfaces of a network namespace reach the guest.</summary>
    public NetworkModel Network { get; init; }

    /// <summary>The parent of the sandboxes' run directories.</summary>
    public string SandboxesDirectory => Path.Combine(RunDirectory, "sandboxes");

    /// <summary>The run directory of one sandbox.</summary>
    public string SandboxDirectory(string hostName) => Path.Combine(SandboxesDirectory, hostName);
}

/// <summary>The default VM of a sandbox; keys <c>kata-actors.hypervisor.*</c>.</summary>
public sealed record VmDefaults(
    string QemuPath,
    string MachineType,
    string Accelerator,
    string KernelPath,
    string InitramfsPath,
    string KernelParameters,
    string CpuModel,
    uint Vcpus,
    uint MaxVcpus,
    uint MemoryMib,
    bool DebugConsole)
{
    /// <summary>Whether a VM of the default size fits a sandbox of this size: missing vCPUs are plugged, missing memory is not.</summary>
    public bool DoesFor(uint vcpus, uint memoryMib) => vcpus >= Vcpus && vcpus <= Math.Max(Vcpus, MaxVcpus) && memoryMib == MemoryMib;
}

/// <summary>Deadlines of the steps of a sandbox's life. A missed deadline leads to an escalation or a failure.</summary>
/// <param name="Boot">From QEMU's start to the agent's first answer.</param>
/// <param name="AgentCall">One call to the agent.</param>
/// <param name="AgentFarewell">The agent's part of a stop.</param>
/// <param name="StopStep">Each further step of the stop ladder (monitor, SIGTERM, SIGKILL).</param>
/// <param name="Reconcile">From the replay of the journal to the outcome of the reconciliation.</param>
/// <param name="Queue">The wait of a request for others' boots, or for the template.</param>
/// <param name="CloneBoot">From the start of a clone to its agent's first answer; after it a cold boot follows.</param>
/// <param name="Kill">From a SIGKILL to the report of the exit; after it the VM is ended.</param>
public sealed record SandboxDeadlines(
    TimeSpan Boot,
    TimeSpan AgentCall,
    TimeSpan AgentFarewell,
    TimeSpan StopStep,
    TimeSpan Reconcile,
    TimeSpan Queue,
    TimeSpan CloneBoot,
    TimeSpan Kill)
{
    /// <summary>At the daemon's start for each of two: the journal is opened, and its list of sandboxes read. After it the run directories stand in for it.</summary>
    public TimeSpan Journal { get; init; } = TimeSpan.FromSeconds(10);
}

namespace KataActors.Runtime.Sandboxes;

/// <summary>What the actors of a sandbox need to know of the configuration.</summary>
/// <param name="RunDirectory">Below it lies <c>sandboxes/&lt;host name&gt;</c>.</param>
/// <param name="Vm">What a VM is made of when nothing else is asked for.</param>
/// <param name="Deadlines">How long each step may take.</param>
public sealed record SandboxSettings(string RunDirectory, VmDefaults Vm, SandboxDeadlines Deadlines)
{
    /// <summary>The host cgroups.</summary>
    public CgroupDefaults Cgroups { get; init; } = new();

    /// <summary>Where the sandboxes' directories are.</summary>
    public string SandboxesDirectory => Path.Combine(RunDirectory, "sandboxes");

    /// <summary>The directory of one sandbox.</summary>
    public string SandboxDirectory(string hostName) => Path.Combine(SandboxesDirectory, hostName);
}

/// <summary>The VM that a sandbox gets by default; keys <c>kata-actors.hypervisor.*</c>.</summary>
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
    /// <summary>Whether a VM of the default size does for a sandbox of this one: vCPUs that it lacks are plugged, memory is not.</summary>
    public bool DoesFor(uint vcpus, uint memoryMib) => vcpus >= Vcpus && vcpus <= Math.Max(Vcpus, MaxVcpus) && memoryMib == MemoryMib;
}

/// <summary>Deadlines of the steps of a sandbox's life; each is followed by a harsher step or a failure.</summary>
/// <param name="Boot">From QEMU's start to the agent's first answer.</param>
/// <param name="AgentCall">One call to the agent.</param>
/// <param name="AgentFarewell">The agent's part of a stop.</param>
/// <param name="StopStep">Each further step of the stop ladder (monitor, SIGTERM, SIGKILL).</param>
/// <param name="Reconcile">From the replay of the journal to a verdict on a sandbox.</param>
/// <param name="Queue">A request for a VM that waits for others' boots, or for the template.</param>
/// <param name="CloneBoot">From the start of a clone to its agent's first answer; then it is given up for a cold boot.</param>
/// <param name="Kill">From a SIGKILL to the report of the exit; then the VM is ended.</param>
public sealed record SandboxDeadlines(
    TimeSpan Boot,
    TimeSpan AgentCall,
    TimeSpan AgentFarewell,
    TimeSpan StopStep,
    TimeSpan Reconcile,
    TimeSpan Queue,
    TimeSpan CloneBoot,
    TimeSpan Kill);

namespace KataActors.Cli.Output;

/// <summary>A sandbox in <c>sandbox list --format json</c>.</summary>
internal sealed record SandboxLine(string Id, string Root, string Status, int VmmPid, uint ContainerCount, string Created);

/// <summary>A sandbox in <c>sandbox inspect --format json</c>. Null members are left out, such as the cgroups' values on a host without them.</summary>
internal sealed record SandboxDocument(
    string Id,
    string Root,
    string Status,
    int VmmPid,
    uint ContainerCount,
    string Created,
    string HostName,
    string Uuid,
    string VmSource,
    string Accelerator,
    uint Vcpus,
    uint MemoryMib,
    IReadOnlyList<int> VcpuTids,
    IReadOnlyList<string> Cgroups,
    long CfsQuotaUs,
    ulong CfsPeriodUs,
    IReadOnlyList<int>? OtherTids,
    ThrottlingDocument? Throttling,
    long? CpuWeight,
    string? Cpus,
    Limit? MemoryLimitBytes,
    long? MemoryBytes,
    Limit? ThreadLimit,
    string GuestKernel,
    string GuestMachineId,
    ulong AgentRssKib,
    string Reason,
    IReadOnlyList<TimingDocument> Timings,
    IReadOnlyList<ContainerDocument> Containers,
    IReadOnlyList<string> Actors);

/// <summary>The throttling of the vCPUs.</summary>
internal sealed record ThrottlingDocument(long Periods, long ThrottledPeriods, long ThrottledUs);

/// <summary>A step of a create.</summary>
internal sealed record TimingDocument(string Step, long StartUs, long DurationUs);

/// <summary>A container of a sandbox; its exit code is left out while it has none.</summary>
internal sealed record ContainerDocument(string Id, string Status, int Pid, string Bundle, int? ExitCode, string Reason);

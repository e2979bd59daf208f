using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>The container's first process.</summary>
public sealed record ProcessSpec
{
    public bool Terminal { get; init; }

    /// <summary>The size of the terminal at the start; without a terminal it has no meaning.</summary>
    public ConsoleSizeSpec? ConsoleSize { get; init; }

    public UserSpec? User { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Args { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Env { get => field ?? []; init; }

    public string? Cwd { get; init; }

    public CapabilitiesSpec? Capabilities { get; init; }

    [AllowNull]
    public IReadOnlyList<RlimitSpec> Rlimits { get => field ?? []; init; }

    public bool NoNewPrivileges { get; init; }

    public string? ApparmorProfile { get; init; }

    public string? SelinuxLabel { get; init; }

    public int? OomScoreAdj { get; init; }

    public SchedulerSpec? Scheduler { get; init; }

    public IoPrioritySpec? IoPriority { get; init; }

    /// <summary>Counts for processes that <c>exec</c> adds, not for the first one.</summary>
    public CpuAffinitySpec? ExecCPUAffinity { get; init; }
}

/// <summary>The scheduling of the process, as sched_setattr(2) takes it.</summary>
public sealed record SchedulerSpec
{
    public string? Policy { get; init; }

    public int? Nice { get; init; }

    public int? Priority { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Flags { get => field ?? []; init; }

    /// <summary>Nanoseconds, as the next two.</summary>
    public ulong? Runtime { get; init; }

    public ulong? Deadline { get; init; }

    public ulong? Period { get; init; }
}

/// <summary>The priority of the process's disk accesses, as ioprio_set(2) takes it.</summary>
public sealed record IoPrioritySpec
{
    public string? Class { get; init; }

    public int Priority { get; init; }
}

/// <summary>The guest's CPUs that an added process may run on, as lists of cpuset(7).</summary>
public sealed record CpuAffinitySpec
{
    /// <summary>Before it is in the container's cgroup.</summary>
    public string? Initial { get; init; }

    /// <summary>From then on.</summary>
    public string? Final { get; init; }
}

/// <summary>The size of a terminal in characters.</summary>
public sealed record ConsoleSizeSpec
{
    public uint Height { get; init; }

    public uint Width { get; init; }
}

/// <summary>The user of the process.</summary>
public sealed record UserSpec
{
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>File mode creation mask, at most 0777; absent leaves the guest's default.</summary>
    public uint? Umask { get; init; }

    [AllowNull]
    public IReadOnlyList<uint> AdditionalGids { get => field ?? []; init; }
}

/// <summary>The five capability sets; names as in capabilities(7).</summary>
public sealed record CapabilitiesSpec
{
    [AllowNull]
    public IReadOnlyList<string> Bounding { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Effective { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Inheritable { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Permitted { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> Ambient { get => field ?? []; init; }
}

/// <summary>One resource limit of setrlimit(2); 2^64-1 is no limit.</summary>
public sealed record RlimitSpec
{
    public string? Type { get; init; }

    public ulong Soft { get; init; }

    public ulong Hard { get; init; }
}

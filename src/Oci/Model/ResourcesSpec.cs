using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The <c>linux.resources</c> section. Zero and absent both mean: not set.</summary>
public sealed record ResourcesSpec
{
    public CpuSpec? Cpu { get; init; }

    public MemorySpec? Memory { get; init; }

    public PidsSpec? Pids { get; init; }

    [AllowNull]
    public IReadOnlyList<DeviceRuleSpec> Devices { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyDictionary<string, string> Unified { get => field ?? EmptyMap.Value; init; }

    public BlockIOSpec? BlockIO { get; init; }

    /// <summary>Not applied; only its presence matters.</summary>
    public JsonElement? HugepageLimits { get; init; }

    /// <summary>Not applied; only its presence matters.</summary>
    public JsonElement? Network { get; init; }

    /// <summary>Not applied; only its presence matters.</summary>
    public JsonElement? Rdma { get; init; }
}

/// <summary>CPU limits; times in microseconds.</summary>
public sealed record CpuSpec
{
    public long? Shares { get; init; }

    /// <summary>CPU time per <see cref="Period"/>; a negative one is no limit.</summary>
    public long? Quota { get; init; }

    /// <summary>When it is not set, a quota refers to the kernel's default period, 100000.</summary>
    public long? Period { get; init; }

    public long? Burst { get; init; }

    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }

    public string? Cpus { get; init; }

    public string? Mems { get; init; }

    public long? Idle { get; init; }
}

/// <summary>Memory limits in bytes; -1 is no limit.</summary>
public sealed record MemorySpec
{
    public long? Limit { get; init; }

    public long? Reservation { get; init; }

    /// <summary>Memory and swap together.</summary>
    public long? Swap { get; init; }

    public long? Kernel { get; init; }

    public long? KernelTCP { get; init; }

    public long? Swappiness { get; init; }

    public bool? DisableOOMKiller { get; init; }

    /// <summary>Whether an update to a limit that is not above the memory in use fails.</summary>
    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary>The number of tasks; -1 is no limit.</summary>
public sealed record PidsSpec
{
    public long? Limit { get; init; }
}

/// <summary>Limits of disk access. Weights are not applied.</summary>
public sealed record BlockIOSpec
{
    public ushort? Weight { get; init; }

    public ushort? LeafWeight { get; init; }

    /// <summary>Only its presence matters.</summary>
    public JsonElement? WeightDevice { get; init; }

    /// <summary>Refused unless it sets nothing.</summary>
    public JsonElement? ThrottleReadBpsDevice { get; init; }

    /// <summary>Refused unless it sets nothing.</summary>
    public JsonElement? ThrottleWriteBpsDevice { get; init; }

    /// <summary>Refused unless it sets nothing.</summary>
    public JsonElement? ThrottleReadIOPSDevice { get; init; }

    /// <summary>Refused unless it sets nothing.</summary>
    public JsonElement? ThrottleWriteIOPSDevice { get; init; }
}

/// <summary>One rule of the device controller.</summary>
public sealed record DeviceRuleSpec
{
    public bool Allow { get; init; }

    public string? Type { get; init; }

    public long? Major { get; init; }

    public long? Minor { get; init; }

    public string? Access { get; init; }
}

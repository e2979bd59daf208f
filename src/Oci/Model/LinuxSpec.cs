using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace KataActors.Oci;

/// <summary>The <c>linux</c> section.</summary>
public sealed record LinuxSpec
{
    private static readonly IReadOnlyDictionary<string, TimeOffsetSpec> s_noOffsets = new Dictionary<string, TimeOffsetSpec>();

    [AllowNull]
    public IReadOnlyList<NamespaceSpec> Namespaces { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<IdMappingSpec> UidMappings { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<IdMappingSpec> GidMappings { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<DeviceSpec> Devices { get => field ?? []; init; }

    public string? CgroupsPath { get; init; }

    public ResourcesSpec? Resources { get; init; }

    [AllowNull]
    public IReadOnlyDictionary<string, string> Sysctl { get => field ?? EmptyMap.Value; init; }

    public SeccompSpec? Seccomp { get; init; }

    public string? RootfsPropagation { get; init; }

    [AllowNull]
    public IReadOnlyList<string> MaskedPaths { get => field ?? []; init; }

    [AllowNull]
    public IReadOnlyList<string> ReadonlyPaths { get => field ?? []; init; }

    public string? MountLabel { get; init; }

    public PersonalitySpec? Personality { get; init; }

    /// <summary>Present only to be refused.</summary>
    public JsonElement? IntelRdt { get; init; }

    /// <summary>Present only to be refused.</summary>
    public JsonElement? MemoryPolicy { get; init; }

    /// <summary>Present only to be refused.</summary>
    public JsonElement? NetDevices { get; init; }

    /// <summary>The clocks of a new time namespace, by name.</summary>
    [AllowNull]
    public IReadOnlyDictionary<string, TimeOffsetSpec> TimeOffsets { get => field ?? s_noOffsets; init; }
}

/// <summary>How far a clock is ahead of the machine's.</summary>
public sealed record TimeOffsetSpec
{
    public long Secs { get; init; }

    public uint Nanosecs { get; init; }
}

/// <summary>One namespace: new when <see cref="Path"/> is empty, else the one at that path of the caller.</summary>
public sealed record NamespaceSpec
{
    public string? Type { get; init; }

    public string? Path { get; init; }
}

/// <summary>One range of a user namespace.</summary>
public sealed record IdMappingSpec
{
    public uint ContainerID { get; init; }

    public uint HostID { get; init; }

    public uint Size { get; init; }
}

/// <summary>A device node to create.</summary>
public sealed record DeviceSpec
{
    public string? Path { get; init; }

    /// <summary><c>c</c>, <c>u</c>, <c>b</c> or <c>p</c>.</summary>
    public string? Type { get; init; }

    public long Major { get; init; }

    public long Minor { get; init; }

    public uint? FileMode { get; init; }

    public uint? Uid { get; init; }

    public uint? Gid { get; init; }
}

/// <summary>The execution domain of personality(2).</summary>
public sealed record PersonalitySpec
{
    public string? Domain { get; init; }

    /// <summary>No flag is defined; only their presence matters.</summary>
    [AllowNull]
    public IReadOnlyList<string> Flags { get => field ?? []; init; }
}

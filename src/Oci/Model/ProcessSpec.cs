using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

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

    /// <summary>Present only to be refused.</summary>
    public JsonElement? Scheduler { get; init; }

    /// <summary>Present only to be refused.</summary>
    public JsonElement? IoPriority { get; init; }

    /// <summary>Present only to be refused.</summary>
    public JsonElement? ExecCPUAffinity { get; init; }
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

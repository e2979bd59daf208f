using System.Diagnostics.CodeAnalysis;

namespace KataActors.Oci;

/// <summary>The <c>linux.seccomp</c> section: which system calls the container's processes may make.</summary>
public sealed record SeccompSpec
{
    public string? DefaultAction { get; init; }

    /// <summary>The error number of a default action that returns one; absent: EPERM.</summary>
    public uint? DefaultErrnoRet { get; init; }

    [AllowNull]
    public IReadOnlyList<string> Architectures { get => field ?? []; init; }

    /// <summary>Flags of seccomp(2); null, other than empty, means runc's default.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>Present only to be refused.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Present only to be refused.</summary>
    public string? ListenerMetadata { get; init; }

    [AllowNull]
    public IReadOnlyList<SeccompRuleSpec> Syscalls { get => field ?? []; init; }

    /// <summary>Whether it asks for no filter at all.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(DefaultAction) && Syscalls.Count == 0;
}

/// <summary>One rule: an action for system calls, under conditions that must all hold.</summary>
public sealed record SeccompRuleSpec
{
    [AllowNull]
    public IReadOnlyList<string> Names { get => field ?? []; init; }

    public string? Action { get; init; }

    /// <summary>The error number of an action that returns one; absent: EPERM.</summary>
    public uint? ErrnoRet { get; init; }

    [AllowNull]
    public IReadOnlyList<SeccompArgumentSpec> Args { get => field ?? []; init; }
}

/// <summary>A condition on one argument of a system call.</summary>
public sealed record SeccompArgumentSpec
{
    public uint Index { get; init; }

    public ulong Value { get; init; }

    /// <summary>For <c>SCMP_CMP_MASKED_EQ</c>: what the argument, masked by <see cref="Value"/>, must be.</summary>
    public ulong ValueTwo { get; init; }

    public string? Op { get; init; }
}

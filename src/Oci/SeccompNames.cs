namespace KataActors.Oci;

/// <summary>The names of the <c>linux.seccomp</c> section that have an effect in a guest, with libseccomp's numbers (seccomp.h).</summary>
public static class SeccompNames
{
    /// <summary>The actions; those that return an error number have it in their lower 16 bits.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Actions = new Dictionary<string, uint>
    {
        ["SCMP_ACT_KILL"] = 0,
        ["SCMP_ACT_KILL_PROCESS"] = 0x8000_0000,
        ["SCMP_ACT_KILL_THREAD"] = 0,
        ["SCMP_ACT_TRAP"] = 0x0003_0000,
        ["SCMP_ACT_ERRNO"] = 0x0005_0000,
        ["SCMP_ACT_TRACE"] = 0x7ff0_0000,
        ["SCMP_ACT_ALLOW"] = 0x7fff_0000,
        ["SCMP_ACT_LOG"] = 0x7ffc_0000,
    };

    /// <summary>The comparisons of arguments.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Operators = new Dictionary<string, uint>
    {
        ["SCMP_CMP_NE"] = 1,
        ["SCMP_CMP_LT"] = 2,
        ["SCMP_CMP_LE"] = 3,
        ["SCMP_CMP_EQ"] = 4,
        ["SCMP_CMP_GE"] = 5,
        ["SCMP_CMP_GT"] = 6,
        ["SCMP_CMP_MASKED_EQ"] = 7,
    };

    /// <summary>The architectures whose system calls a guest's processes can make. Rules for others are never asked.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Architectures = new Dictionary<string, uint>
    {
        ["SCMP_ARCH_X86"] = 0x4000_0003,
        ["SCMP_ARCH_X86_64"] = 0xc000_003e,
        ["SCMP_ARCH_X32"] = 0x4000_003e,
    };

    /// <summary>Architectures of other machines.</summary>
    public static readonly IReadOnlyList<string> OtherArchitectures =
    [
        "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32",
        "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
    ];

    /// <summary>The flags, with the kernel's bits (linux/seccomp.h). The first has no effect: a container's program begins with one thread.</summary>
    public static readonly IReadOnlyDictionary<string, uint> Flags = new Dictionary<string, uint>
    {
        ["SECCOMP_FILTER_FLAG_TSYNC"] = 0,
        ["SECCOMP_FILTER_FLAG_LOG"] = 2,
        ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"] = 4,
    };

    /// <summary>The action that asks another process, and the flag that belongs to it.</summary>
    internal const string Notify = "SCMP_ACT_NOTIFY";

    /// <inheritdoc cref="Notify"/>
    internal const string WaitKillable = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";

    /// <summary>Whether an action returns an error number.</summary>
    internal static bool ReturnsErrno(string action) => action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE";
}

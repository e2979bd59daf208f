using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// Rules about system calls, compiled by libseccomp into a classic BPF program that seccomp(2) takes. Numbers are those of seccomp.h. Not for use by several
/// threads at once.
/// </summary>
public sealed unsafe class SystemCallRules : IDisposable
{
    /// <summary>The architecture of this machine, SCMP_ARCH_X86_64.</summary>
    public const uint NativeArchitecture = 0xc000_003e;

    // Actions and flags up to this level are known to every kernel that runs as a guest, whatever the host's kernel is.
    private const uint ApiLevel = 4;
    private const int Optimization = 8;
    private const uint BinaryTree = 2;

    private nint _context;

    /// <summary>No rule yet.</summary>
    /// <param name="defaultAction">What happens to calls without a rule.</param>
    /// <exception cref="DllNotFoundException">libseccomp is not installed.</exception>
    public SystemCallRules(uint defaultAction)
    {
        Check(LibSeccomp.seccomp_api_set(ApiLevel), "seccomp_api_set", "level");
        _context = LibSeccomp.seccomp_init(defaultAction);
        if (_context == 0)
        {
            throw new LinuxException(Errno.EINVAL, "seccomp_init", $"action {defaultAction:x}");
        }
    }

    /// <summary>The number of a system call, negative for one that is only emulated there; null when it is unknown.</summary>
    public static int? Number(string name, uint architecture = NativeArchitecture)
    {
        const int Unknown = -1;
        return LibSeccomp.seccomp_syscall_resolve_name_arch(architecture, name) is not Unknown and var number ? number : null;
    }

    /// <summary>Applies the rules to calls of a further architecture, too.</summary>
    public void AddArchitecture(uint architecture)
    {
        var result = LibSeccomp.seccomp_arch_add(_context, architecture);
        Check(result == -Errno.EEXIST ? 0 : result, "seccomp_arch_add", $"{architecture:x}");
    }

    /// <summary>Has the program search a tree of numbers, not a list.</summary>
    public void Optimize() => Check(LibSeccomp.seccomp_attr_set(_context, Optimization, BinaryTree), "seccomp_attr_set", "optimization");

    /// <summary>Adds a rule.</summary>
    /// <param name="action">What happens to the call; not the default action.</param>
    /// <param name="call">The call's number on the native architecture.</param>
    /// <param name="conditions">What must hold for arguments, at most once for each.</param>
    public void Add(uint action, int call, params ReadOnlySpan<(uint Argument, uint Operator, ulong First, ulong Second)> conditions)
    {
        var comparisons = stackalloc ArgumentComparison[conditions.Length];
        for (var i = 0; i < conditions.Length; i++)
        {
            var (argument, op, first, second) = conditions[i];
            comparisons[i] = new ArgumentComparison { Argument = argument, Operator = op, First = first, Second = second };
        }

        // SAFETY: as many comparisons as the count says are read during the call.
        Check(LibSeccomp.seccomp_rule_add_array(_context, action, call, (uint)conditions.Length, comparisons), "seccomp_rule_add", $"call {call}");
    }

    /// <summary>The program: instructions as in struct sock_filter, 8 bytes each.</summary>
    public byte[] Compile()
    {
        using var file = MemoryFiles.Create("seccomp");
        Check(LibSeccomp.seccomp_export_bpf(_context, file), "seccomp_export_bpf", "filter");
        var program = new byte[Descriptors.Rewind(file)];
        for (var at = 0; at < program.Length;)
        {
            at += Descriptors.TryRead(file, program.AsSpan(at)) is > 0 and var read ? read : throw new EndOfStreamException("the filter is cut short");
        }

        return program;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_context != 0)
        {
            LibSeccomp.seccomp_release(_context);
            _context = 0;
        }
    }

    private static void Check(int result, string call, string subject)
    {
        if (result < 0)
        {
            throw new LinuxException(-result, call, subject);
        }
    }
}

using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>The functions of libseccomp that compile a filter (seccomp.h). They return a negative error number.</summary>
internal static unsafe partial class LibSeccomp
{
    private const string Library = "libseccomp.so.2";

    [LibraryImport(Library)]
    internal static partial int seccomp_api_set(uint level);

    [LibraryImport(Library)]
    internal static partial nint seccomp_init(uint defaultAction);

    [LibraryImport(Library)]
    internal static partial void seccomp_release(nint context);

    [LibraryImport(Library)]
    internal static partial int seccomp_arch_add(nint context, uint architecture);

    [LibraryImport(Library)]
    internal static partial int seccomp_attr_set(nint context, int attribute, uint value);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int seccomp_syscall_resolve_name_arch(uint architecture, string name);

    [LibraryImport(Library)]
    internal static partial int seccomp_rule_add_array(nint context, uint action, int call, uint count, ArgumentComparison* comparisons);

    [LibraryImport(Library)]
    internal static partial int seccomp_export_bpf(nint context, SafeHandle file);
}

/// <summary>struct scmp_arg_cmp.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ArgumentComparison
{
    internal uint Argument;
    internal uint Operator;
    internal ulong First;
    internal ulong Second;
}

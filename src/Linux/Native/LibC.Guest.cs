using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>The calls that only the guest's side makes.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport(Library)]
    internal static partial int mallopt(int parameter, int value);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial long lseek(SafeHandle fd, long offset, int origin);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int idType, int id, SignalInfo* info, int options);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long openat2(long number, SafeHandle directory, string path, OpenHow* how, long size);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdirat(SafeHandle directory, string path, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mkdirat(SafeHandle directory, byte[] path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mknodat(SafeHandle directory, string path, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int mknodat(SafeHandle directory, byte[] path, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint readlinkat(SafeHandle directory, string path, byte* target, nuint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int symlinkat(string target, SafeHandle directory, string path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int symlinkat(byte[] target, SafeHandle directory, byte[] path);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int openat(SafeHandle directory, byte[] path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int fchownat(SafeHandle directory, string path, uint user, uint group, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchownat(SafeHandle directory, byte[] path, uint user, uint group, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(int fd, uint user, uint group);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchown(SafeHandle fd, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long fsopen(long number, string type, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long fsconfig(long number, SafeHandle context, long command, string? key, string? value, long auxiliary);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long fsmount(long number, SafeHandle context, long flags, long attributes);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long move_mount(long number, SafeHandle from, string fromPath, SafeHandle to, string toPath, long flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchdir(SafeHandle directory);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chdir(string path);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long clone(long number, long flags, nint stack, int* pidfd, nint childId, nint threadStorage);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long getcwd(long number, byte* path, long size);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chroot(string path);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long pivot_root(long number, string newRoot, string oldRootPlace);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int sethostname(byte* name, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setdomainname(byte* name, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int personality(ulong domain);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    // The system calls themselves, for the calling thread alone: libc's functions of these names change every thread.
    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long setgroups(long number, long count, uint* groups);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long setres(long number, long real, long effective, long saved);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long setfs(long number, long id);

    [LibraryImport(Library, EntryPoint = "syscall")]
    internal static partial long exit(long number, long status);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long capset(long number, CapabilityHeader* header, CapabilityData* data);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long capget(long number, CapabilityHeader* header, CapabilityData* data);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int execve(string path, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long finit_module(long number, SafeHandle file, string parameters, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long bpf(long number, long command, void* attributes, long size);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long seccomp(long number, long operation, long flags, SystemCallProgram* program);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int clock_settime(int clock, TimeSpecification* time);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int reboot(int command);
}

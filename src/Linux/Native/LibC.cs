using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Native;

/// <summary>
/// The libc functions of the seam, for 64-bit Linux. Variadic functions (<c>open</c>, <c>fcntl</c>, <c>syscall</c>) are declared with the
/// arguments that are passed: for integers and pointers the calling convention is the same.
/// </summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(SafeHandle fd, int command, long argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fchmod(SafeHandle fd, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ftruncate(SafeHandle fd, long length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int flock(SafeHandle fd, int operation);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, SafeHandle fd, EpollEvent* change);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int epoll_wait(int epoll, EpollEvent* events, int capacity, int timeoutMs);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int waitid(int idType, SafeHandle id, SignalInfo* info, int options);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int connect(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int bind(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int listen(SafeHandle socket, int backlog);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getsockopt(SafeHandle socket, int level, int option, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint sendmsg(SafeHandle socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint recvmsg(SafeHandle socket, MessageHeader* message, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int setns(SafeHandle fd, int kind);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int umount2(string target, int flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long open_tree(long number, long directory, string path, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long open_tree(long number, SafeHandle directory, string path, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long move_mount(long number, SafeHandle from, string fromPath, long to, string toPath, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial long mount_setattr(long number, SafeHandle tree, string path, long flags, MountAttributes* attributes, long size);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long pidfd_open(long number, long pid, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long pidfd_send_signal(long number, SafeHandle pidfd, long signal, nint info, long flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long close_range(long number, long first, long last, long flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial nint signal(int number, nint handler);

    [LibraryImport(Library)]
    internal static partial int pthread_sigmask(int how, SignalSet* set, SignalSet* before);

    /// <summary>A handle that owns a descriptor just returned by a call.</summary>
    internal static SafeFileHandle Own(long fd) => new((nint)fd, ownsHandle: true);
}

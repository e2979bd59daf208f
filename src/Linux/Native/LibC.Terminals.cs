using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>The calls for terminals.</summary>
internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(SafeHandle fd, ulong request, void* argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ioctl(SafeHandle fd, ulong request, long argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int dup2(SafeHandle fd, int number);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long pidfd_getfd(long number, SafeHandle pidfd, long fd, long flags);
}

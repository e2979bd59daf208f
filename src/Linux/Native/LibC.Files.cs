using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

internal static unsafe partial class LibC
{
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rmdir(string path);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(SafeHandle directory, string path, int flags, uint mask, StatusFields* status);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int statx(int directory, string path, int flags, uint mask, StatusFields* status);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fstatfs(SafeHandle file, FileSystemFields* status);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int openat(SafeHandle directory, string path, int flags, uint mode);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int unlinkat(SafeHandle directory, string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int unlinkat(SafeHandle directory, byte[] path, int flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long openat2(long number, SafeHandle directory, byte[] path, OpenHow* how, long size);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long getdents64(long number, SafeHandle directory, byte* entries, long size);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint readlink(string path, byte* target, nuint length);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int setxattr(string path, string name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int removexattr(string path, string name);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadFile(SafeHandle fd, byte* buffer, nuint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint WriteFile(SafeHandle fd, byte* bytes, nuint length);
}

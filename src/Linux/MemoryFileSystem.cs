using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The tmpfs that a file is on (fstatfs(2)).</summary>
public static class MemoryFileSystem
{
    /// <summary>Its size in bytes; null where it has no limit, or is no tmpfs.</summary>
    public static unsafe long? SizeOf(SafeHandle file)
    {
        FileSystemFields fileSystem;
        // SAFETY: the kernel writes a struct statfs, which is as large as the fields.
        if (LibC.fstatfs(file, &fileSystem) != 0)
        {
            throw LinuxException.Last("fstatfs", "descriptor");
        }

        return fileSystem is { Type: Constants.MemoryFileSystem, Blocks: > 0 } ? fileSystem.Blocks * fileSystem.BlockSize : null;
    }
}

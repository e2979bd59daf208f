using System.Runtime.InteropServices;

namespace KataActors.Linux;

/// <summary>The process's umask(2).</summary>
public static partial class FileCreationMask
{
    private const uint AllPermissions = 0b111_111_111;

    /// <summary>New files and directories get at most these permissions from now on; the caller's umask is forgotten.</summary>
    public static void Set(UnixFileMode allowed) => umask(AllPermissions & ~(uint)allowed);

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}

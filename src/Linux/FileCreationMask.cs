using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>The process's umask(2).</summary>
public static class FileCreationMask
{
    private const ushort AllPermissions = 0b111_111_111;

    /// <summary>New files and directories get at most these permissions from now on; replaces the inherited umask.</summary>
    public static void Set(UnixFileMode allowed) => umask((ushort)(AllPermissions & ~(int)allowed));
}

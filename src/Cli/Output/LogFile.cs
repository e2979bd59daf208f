using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Output;

/// <summary>Opens a log file: a regular file, /dev/null, or this process's own stdout or stderr, such as /dev/stderr.</summary>
internal static class LogFile
{
    private static readonly (uint, uint) s_nullDevice = (1, 3);

    /// <exception cref="LinuxException">It is anything else, or cannot be written.</exception>
    public static SafeFileHandle Open(string path, uint mode)
    {
        try
        {
            return TryOpenStream(path) ?? RegularFile.Open(path, OpenFlags.WriteOnly | OpenFlags.Append);
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ENOENT)
        {
            return RegularFile.OpenOrCreate(TargetOf(path), OpenFlags.WriteOnly | OpenFlags.Append, mode);
        }
    }

    // The file that a link leads to may have been rotated away.
    private static string TargetOf(string path) =>
        FileStatus.TryOf(path) is { Kind: FileKind.SymbolicLink } ? File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName : path;

    // Duplicated instead of opened: opening a pipe or a terminal might block or have effects.
    private static SafeFileHandle? TryOpenStream(string path)
    {
        using var place = Descriptors.Open(path, OpenFlags.Path);
        var status = FileStatus.Of(place);
        if (status is { Kind: FileKind.CharacterDevice } && status.Device == s_nullDevice)
        {
            return Descriptors.Reopen(place, OpenFlags.WriteOnly, path);
        }

        return status.Kind is FileKind.Fifo or FileKind.CharacterDevice or FileKind.Socket ? TryDuplicate(status) : null;
    }

    private static SafeFileHandle? TryDuplicate(FileStatus status)
    {
        foreach (var number in new[] { 2, 1 })
        {
            using var stream = new SafeFileHandle(number, ownsHandle: false);
            if (FileStatus.Of(stream) is var own && (own.Kind, own.Device, own.Inode) == (status.Kind, status.Device, status.Inode))
            {
                return Descriptors.Duplicate(stream);
            }
        }

        return null;
    }
}

using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux.Guest;

/// <summary>
/// Copies the content of a folder into an empty one, with owners and permissions. By descriptor: neither a symbolic link nor a mount is followed. Sockets
/// are left out: a copy would have no listener.
/// </summary>
public static class FolderCopy
{
    // Each level holds four descriptors.
    private const int MostLevels = 64;
    private const int BufferSize = 64 * 1024;
    private const uint OwnerOnly = 0b111_000_000;
    private const OpenFlags Folder = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const OpenFlags NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;

    /// <summary>Copies; both are open directories (also <c>O_PATH</c>).</summary>
    /// <exception cref="LinuxException">An entry cannot be copied; the earlier ones stay.</exception>
    public static void Copy(SafeFileHandle from, SafeFileHandle to) => Copy(from, to, ".", level: 1);

    private static void Copy(SafeFileHandle from, SafeFileHandle to, string path, int level)
    {
        if (level > MostLevels)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, "copy", path, $"lies more than {MostLevels} folders deep");
        }

        foreach (var entry in FolderEntries.Read(from, path))
        {
            CopyEntry(from, to, entry.Name, $"{path}/{entry.Text}", level);
        }
    }

    private static void CopyEntry(SafeFileHandle from, SafeFileHandle to, byte[] name, string path, int level)
    {
        using var source = Open(from, name, OpenFlags.Path | OpenFlags.NoFollow, path);
        var status = FileStatus.Of(source);
        switch (status.Kind)
        {
            case FileKind.Directory:
                Check(LibC.mkdirat(to, name, OwnerOnly), "mkdir", path);
                using (var inner = Open(from, name, Folder, path))
                using (var copy = Open(to, name, Folder, path))
                {
                    Copy(inner, copy, path, level + 1);
                    Own(to, name, status, path);
                    Check(LibC.fchmod(copy, (uint)status.Permissions), "chmod", path);
                }

                break;
            case FileKind.Regular:
                using (var content = Descriptors.Reopen(source, OpenFlags.ReadOnly, path))
                using (var copy = Open(to, name, NewFile, path))
                {
                    CopyContent(content, copy);
                    Own(to, name, status, path);
                    Check(LibC.fchmod(copy, (uint)status.Permissions), "chmod", path);
                }

                break;
            case FileKind.SymbolicLink:
                Check(LibC.symlinkat([.. RootedPath.ReadLinkBytes(source, ""), 0], to, name), "symlink", path);
                Own(to, name, status, path);
                break;
            case FileKind.Fifo or FileKind.CharacterDevice or FileKind.BlockDevice:
                var mode = ((uint)status.Kind << FileStatus.KindShift) | (uint)status.Permissions;
                Check(LibC.mknodat(to, name, mode, RootedPath.DeviceNumber(status.Device.Major, status.Device.Minor)), "mknod", path);
                Own(to, name, status, path);
                break;
        }
    }

    private static void CopyContent(SafeFileHandle from, SafeFileHandle to)
    {
        var buffer = new byte[BufferSize];
        for (int read; (read = Descriptors.TryRead(from, buffer)) != 0;)
        {
            for (var written = 0; written < read;)
            {
                written += Math.Max(0, Descriptors.TryWrite(to, buffer.AsSpan(written, read - written)));
            }
        }
    }

    private static void Own(SafeFileHandle folder, byte[] name, FileStatus status, string path) =>
        Check(LibC.fchownat(folder, name, status.UserId, status.GroupId, GuestConstants.AtSymlinkNoFollow), "chown", path);

    private static SafeFileHandle Open(SafeFileHandle folder, byte[] name, OpenFlags flags, string path)
    {
        var fd = LibC.openat(folder, name, (int)(flags | OpenFlags.CloseOnExec), OwnerOnly);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open", path);
    }

    private static void Check(int result, string call, string path)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, path);
        }
    }
}

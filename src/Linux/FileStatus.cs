using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The status of a file by statx(2).</summary>
/// <param name="Kind">Its type.</param>
/// <param name="Permissions">Its mode without the kind.</param>
/// <param name="UserId">Its owner.</param>
/// <param name="Device">The file system that it is on, or the device number of a device.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="MountId">The mount through which it was reached.</param>
public readonly record struct FileStatus(FileKind Kind, UnixFileMode Permissions, uint UserId, (uint Major, uint Minor) Device, ulong Inode, ulong MountId)
{
    /// <summary>The bits of a mode below the kind.</summary>
    public const int KindShift = 12;

    private const uint PermissionBits = 0xfff;

    /// <summary>Its group.</summary>
    public uint GroupId { get; init; }

    /// <summary>Whether users other than the owner may write to it.</summary>
    public bool IsWritableByOthers => (Permissions & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0;

    /// <summary>Whether the folder is sticky: only the owner of an entry may remove it, as in /tmp.</summary>
    public bool IsSticky => Permissions.HasFlag(UnixFileMode.StickyBit);

    /// <summary>The kind in words, with its article.</summary>
    public string KindInWords => Kind switch
    {
        FileKind.Fifo => "a FIFO",
        FileKind.CharacterDevice => "a character device",
        FileKind.Directory => "a directory",
        FileKind.BlockDevice => "a block device",
        FileKind.Regular => "a regular file",
        FileKind.SymbolicLink => "a symbolic link",
        FileKind.Socket => "a socket",
        _ => "of an unknown kind",
    };

    /// <summary>The status of an open file, including an <c>O_PATH</c> descriptor.</summary>
    public static unsafe FileStatus Of(SafeHandle file)
    {
        StatusFields fields;
        // SAFETY: the kernel writes a struct statx, which is as large as the fields.
        return LibC.statx(file, "", Constants.AtEmptyPath, Constants.StatusWanted, &fields) == 0
            ? From(fields)
            : throw LinuxException.Last("statx", "descriptor");
    }

    /// <summary>The status of the file at a path; symbolic links are not followed; null when it does not exist.</summary>
    public static unsafe FileStatus? TryOf(string path)
    {
        StatusFields fields;
        // SAFETY: as above.
        if (LibC.statx(Constants.AtFdCwd, path, GuestConstants.AtSymlinkNoFollow, Constants.StatusWanted, &fields) == 0)
        {
            return From(fields);
        }

        var failure = LinuxException.Last("statx", path);
        return failure.Errno is Errno.ENOENT ? null : throw failure;
    }

    private static FileStatus From(StatusFields fields)
    {
        var kind = (FileKind)(fields.Mode >> KindShift);
        var device = kind is FileKind.CharacterDevice or FileKind.BlockDevice
            ? (fields.OwnDeviceMajor, fields.OwnDeviceMinor)
            : (fields.DeviceMajor, fields.DeviceMinor);
        return new FileStatus(kind, (UnixFileMode)(fields.Mode & PermissionBits), fields.UserId, device, fields.Inode, fields.MountId) { GroupId = fields.GroupId };
    }
}

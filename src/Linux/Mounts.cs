using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>Flags of mount(2).</summary>
[Flags]
public enum MountOptions : ulong
{
    None = 0,
    ReadOnly = 1,
    NoSuid = 2,
    NoDev = 4,
    NoExec = 8,
    Synchronous = 16,
    Remount = 32,
    NoAtime = 1024,
    NoDirAtime = 2048,
    Bind = 4096,
    Move = 8192,
    Recursive = 16384,
    Silent = 32768,
    Unbindable = 1 << 17,
    Private = 1 << 18,
    Slave = 1 << 19,
    Shared = 1 << 20,
    RelAtime = 1 << 21,
    StrictAtime = 1 << 24,
}

/// <summary>
/// Mounting. A <em>tree</em> is a detached mount: it belongs to its descriptor alone, may be sent to another process, and attached in another
/// mount namespace; when the last descriptor of an unattached tree is closed, it is gone.
/// </summary>
public static class Mounts
{
    private const int DetachFlag = 2;
    private const int NoFollowFlag = 8;

    /// <summary>A detached copy of the mount at <paramref name="path"/> (as a bind mount; submounts too if <paramref name="recursive"/>).</summary>
    public static SafeFileHandle CloneTree(string path, bool recursive)
    {
        var fd = LibC.open_tree(Constants.SysOpenTree, Constants.AtFdCwd, path, CloneFlags(recursive));
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open_tree", path);
    }

    /// <summary>A detached copy of the mount of an open file or directory (also <c>O_PATH</c>).</summary>
    /// <param name="place">The open file.</param>
    /// <param name="recursive">Whether submounts are copied too.</param>
    /// <param name="name">The file's name in error messages.</param>
    public static SafeFileHandle CloneTree(SafeHandle place, bool recursive, string name)
    {
        var fd = LibC.open_tree(Constants.SysOpenTree, place, "", CloneFlags(recursive) | Constants.AtEmptyPath);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open_tree", name);
    }

    /// <summary>Attaches a tree in the mount namespace of the calling thread. <paramref name="target"/> exists and is no symbolic link.</summary>
    public static void Attach(SafeHandle tree, string target)
    {
        if (LibC.move_mount(Constants.SysMoveMount, tree, "", Constants.AtFdCwd, target, Constants.MoveMountFromEmptyPath) != 0)
        {
            throw LinuxException.Last("move_mount", target);
        }
    }

    /// <summary>Attaches a tree on an open file or directory (also <c>O_PATH</c>).</summary>
    /// <param name="tree">The detached mount.</param>
    /// <param name="place">The mount point.</param>
    /// <param name="name">The mount point's name in error messages.</param>
    public static void Attach(SafeHandle tree, SafeHandle place, string name)
    {
        const int Flags = Constants.MoveMountFromEmptyPath | GuestConstants.MoveMountToEmptyPath;
        if (LibC.move_mount(Constants.SysMoveMount, tree, "", place, "", Flags) != 0)
        {
            throw LinuxException.Last("move_mount", name);
        }
    }

    /// <summary>Sets and clears attributes of a mount (MOUNT_ATTR_* of mount_setattr(2)).</summary>
    public static void SetAttributes(SafeHandle tree, ulong set, ulong clear, bool recursive) =>
        SetAttributes(tree, new MountAttributes { Set = set, Clear = clear }, recursive);

    /// <summary>Makes a tree read-only for all users of this mount.</summary>
    public static void SetReadOnly(SafeHandle tree, bool recursive) =>
        SetAttributes(tree, new MountAttributes { Set = Constants.MountAttributeReadOnly }, recursive);

    /// <summary>Makes a tree writable through this mount, even when its original is read-only.</summary>
    public static void SetWritable(SafeHandle tree, bool recursive) =>
        SetAttributes(tree, new MountAttributes { Clear = Constants.MountAttributeReadOnly }, recursive);

    /// <summary>
    /// Cuts a tree off from later mounts of the host below its original, and disables setuid programs and devices on it. Applies to all mounts
    /// in the tree.
    /// </summary>
    /// <param name="tree">The detached mount.</param>
    /// <param name="readOnly">Whether it becomes read-only, too.</param>
    public static void Confine(SafeHandle tree, bool readOnly) => SetAttributes(
        tree,
        new MountAttributes { Set = Constants.MountAttributeNoSuid | Constants.MountAttributeNoDev | (readOnly ? Constants.MountAttributeReadOnly : 0), Propagation = (ulong)MountOptions.Private },
        recursive: true);

    /// <summary>
    /// Sets the propagation of mounts between a tree and its original: <see cref="MountOptions.Slave"/> (from the original only),
    /// <see cref="MountOptions.Private"/> (none), <see cref="MountOptions.Shared"/> (both ways, the initial state).
    /// </summary>
    public static void SetPropagation(SafeHandle tree, MountOptions propagation, bool recursive) =>
        SetAttributes(tree, new MountAttributes { Propagation = (ulong)propagation }, recursive);

    /// <summary>mount(2).</summary>
    public static void Mount(string? source, string target, string? type, MountOptions options = MountOptions.None, string? data = null)
    {
        if (LibC.mount(source, target, type, (ulong)options, data) != 0)
        {
            throw LinuxException.Last("mount", target);
        }
    }

    /// <summary>Makes the mount at <paramref name="path"/> and all mounts below it receive mounts and unmounts from outside, and send none.</summary>
    public static void MakeRslave(string path) => Mount(null, path, null, MountOptions.Slave | MountOptions.Recursive);

    /// <summary>Makes the mount at <paramref name="path"/> and all mounts below it private: no mounts or unmounts are received or sent.</summary>
    public static void MakeRprivate(string path) => Mount(null, path, null, MountOptions.Private | MountOptions.Recursive);

    /// <summary>Unmounts; a symbolic link is not followed. With <paramref name="detach"/> also while it is in use (its users keep it).</summary>
    public static void Unmount(string path, bool detach)
    {
        if (LibC.umount2(path, NoFollowFlag | (detach ? DetachFlag : 0)) != 0)
        {
            throw LinuxException.Last("umount2", path);
        }
    }

    private static long CloneFlags(bool recursive) =>
        Constants.OpenTreeClone | (int)OpenFlags.CloseOnExec | (recursive ? Constants.AtRecursive : 0);

    private static unsafe void SetAttributes(SafeHandle tree, MountAttributes attributes, bool recursive)
    {
        var flags = Constants.AtEmptyPath | (recursive ? Constants.AtRecursive : 0);
        // SAFETY: the kernel reads as many bytes as the size says, during the call.
        if (LibC.mount_setattr(Constants.SysMountSetattr, tree, "", flags, &attributes, sizeof(MountAttributes)) != 0)
        {
            throw LinuxException.Last("mount_setattr", "mount tree");
        }
    }
}

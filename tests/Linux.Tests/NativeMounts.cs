using KataActors.Linux.Guest;
using KataActors.Linux.Native;
using static KataActors.Linux.Tests.NativeLayoutSpecs;

namespace KataActors.Linux.Tests;

/// <summary>The structs and flags of mounts and namespaces.</summary>
internal static class NativeMounts
{
    public static readonly IReadOnlyDictionary<string, ulong> All = new Dictionary<string, ulong>
    {
        ["sizeof(struct mount_attr)"] = Size<MountAttributes>(),
        ["offsetof(struct mount_attr, propagation)"] = Offset<MountAttributes>("Propagation"),
        ["NSFS_MAGIC"] = (ulong)Constants.NamespaceFileSystem,
        ["NS_GET_NSTYPE"] = Constants.GetNamespaceKind,
        ["SYS_open_tree"] = (ulong)Constants.SysOpenTree,
        ["SYS_move_mount"] = (ulong)Constants.SysMoveMount,
        ["OPEN_TREE_CLONE"] = Constants.OpenTreeClone,
        ["MOVE_MOUNT_F_EMPTY_PATH"] = Constants.MoveMountFromEmptyPath,
        ["MOUNT_ATTR_RDONLY"] = Constants.MountAttributeReadOnly,
        ["MOUNT_ATTR_NOSUID"] = Constants.MountAttributeNoSuid,
        ["MOUNT_ATTR_NODEV"] = Constants.MountAttributeNoDev,
        ["CLONE_NEWNS"] = (ulong)NamespaceKinds.Mount,
        ["CLONE_NEWCGROUP"] = (ulong)NamespaceKinds.Cgroup,
        ["CLONE_NEWUTS"] = (ulong)NamespaceKinds.Uts,
        ["CLONE_NEWIPC"] = (ulong)NamespaceKinds.Ipc,
        ["CLONE_NEWUSER"] = (ulong)NamespaceKinds.User,
        ["CLONE_NEWPID"] = (ulong)NamespaceKinds.Pid,
        ["CLONE_NEWNET"] = (ulong)NamespaceKinds.Network,
        ["MS_RDONLY"] = (ulong)MountOptions.ReadOnly,
        ["MS_NOSUID"] = (ulong)MountOptions.NoSuid,
        ["MS_NODEV"] = (ulong)MountOptions.NoDev,
        ["MS_NOEXEC"] = (ulong)MountOptions.NoExec,
        ["MS_SYNCHRONOUS"] = (ulong)MountOptions.Synchronous,
        ["MS_REMOUNT"] = (ulong)MountOptions.Remount,
        ["MS_NOATIME"] = (ulong)MountOptions.NoAtime,
        ["MS_NODIRATIME"] = (ulong)MountOptions.NoDirAtime,
        ["MS_BIND"] = (ulong)MountOptions.Bind,
        ["MS_MOVE"] = (ulong)MountOptions.Move,
        ["MS_REC"] = (ulong)MountOptions.Recursive,
        ["MS_SILENT"] = (ulong)MountOptions.Silent,
        ["MS_UNBINDABLE"] = (ulong)MountOptions.Unbindable,
        ["MS_PRIVATE"] = (ulong)MountOptions.Private,
        ["MS_SLAVE"] = (ulong)MountOptions.Slave,
        ["MS_SHARED"] = (ulong)MountOptions.Shared,
        ["MS_RELATIME"] = (ulong)MountOptions.RelAtime,
        ["MS_STRICTATIME"] = (ulong)MountOptions.StrictAtime,
        ["MNT_DETACH"] = 2,
        ["UMOUNT_NOFOLLOW"] = 8,
    };
}

using KataActors.Linux;

namespace KataActors.Agent.Boot;

/// <summary>The file systems that a guest has from the first moment.</summary>
internal static class GuestMounts
{
    internal const string CgroupRoot = "/sys/fs/cgroup";

    /// <summary>Every mount of the guest is below one of these, including the storages of requests.</summary>
    internal static readonly IReadOnlyList<string> Folders = ["/proc", "/sys", "/dev", "/run", "/tmp"];

    /// <summary>rwxr-xr-x, for folders that the agent makes.</summary>
    internal const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const MountOptions Plain = MountOptions.NoSuid | MountOptions.NoDev;

    internal static void MountAll()
    {
        Mount("proc", "/proc", Plain | MountOptions.NoExec);
        Mount("sysfs", "/sys", Plain | MountOptions.NoExec);
        Mount("devtmpfs", "/dev", MountOptions.NoSuid);
        Mount("devpts", "/dev/pts", MountOptions.NoSuid | MountOptions.NoExec, "mode=0620,gid=5,ptmxmode=0666");
        Mount("tmpfs", "/dev/shm", Plain, "mode=1777");
        Mount("tmpfs", "/run", Plain, "mode=0755");
        Mount("tmpfs", "/tmp", Plain, "mode=1777");
        Mount("cgroup2", CgroupRoot, Plain | MountOptions.NoExec);
    }

    private static void Mount(string type, string target, MountOptions options, string? data = null)
    {
        KernelFiles.MakeDirectory(target, FolderMode);
        try
        {
            Mounts.Mount(type, target, type, options, data);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EBUSY)
        {
            // The kernel has mounted it itself.
        }
    }
}

using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>The directory "/" of this process.</summary>
public static class RootDirectory
{
    /// <summary>
    /// Whether a thread that enters this process's mount namespace (setns(2)) still has the same "/". False in a plain chroot, because the thread gets
    /// the root of the namespace. True after pivot_root(2), and after a mount over "/", which is how switch_root(8) leaves an initramfs.
    /// </summary>
    public static bool IsThatOfItsMountNamespace()
    {
        using var own = Descriptors.Open("/proc/self/ns/mnt", OpenFlags.ReadOnly);
        return Status() == NamespaceThread.Run(Status, NamespaceEntry.Enter(own, NamespaceKinds.Mount));
    }

    /// <summary>
    /// Makes a tree (<see cref="Mounts"/>) the root of the calling thread's mount namespace, which must be new, and detaches every other mount there:
    /// pivot_root(2) with one place for both roots, as its page shows.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused, as it does when "/" is that of an initramfs or a chroot. The namespace is then unusable.</exception>
    public static void Replace(SafeFileHandle tree)
    {
        Mounts.MakeRprivate("/");
        Mounts.Attach(tree, "/");
        if (LibC.fchdir(tree) != 0)
        {
            throw LinuxException.Last("fchdir", "new root directory");
        }

        if (LibC.pivot_root(GuestConstants.SysPivotRoot, ".", ".") != 0)
        {
            throw LinuxException.Last("pivot_root", "new root directory");
        }

        Mounts.Unmount(".", detach: true);
    }

    private static FileStatus Status()
    {
        using var root = Descriptors.Open("/", OpenFlags.Path | OpenFlags.Directory);
        return FileStatus.Of(root);
    }
}

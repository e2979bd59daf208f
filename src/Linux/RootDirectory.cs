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

    private static FileStatus Status()
    {
        using var root = Descriptors.Open("/", OpenFlags.Path | OpenFlags.Directory);
        return FileStatus.Of(root);
    }
}

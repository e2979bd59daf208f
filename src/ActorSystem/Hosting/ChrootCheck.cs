using KataActors.Linux;

namespace KataActors.Runtime.Hosting;

/// <summary>
/// Refuses to start in a plain chroot. Mounts for containers are made by threads that enter the VMM's mount namespace. Such a thread gets the
/// namespace's root, where the daemon's paths are wrong.
/// </summary>
internal static class ChrootCheck
{
    /// <exception cref="StartupException">"/" is not the root of this process's mount namespace.</exception>
    public static void Run()
    {
        try
        {
            if (!RootDirectory.IsThatOfItsMountNamespace())
            {
                throw new StartupException(
                    "the daemon is in a chroot, where it cannot give files to virtual machines: start it outside, or make the folder the root of a mount namespace (pivot_root(8)) instead");
            }
        }
        catch (LinuxException e)
        {
            throw new StartupException($"the daemon cannot enter its own mount namespace: {e.Message}", e);
        }
    }
}

using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>Opens a QEMU that an earlier actor, or an earlier daemon, has started.</summary>
internal static class VmmAdoption
{
    /// <summary>
    /// The process, if it is still the one that was recorded: same boot, same start time, same uuid on its command line. Null when it is
    /// gone; a dead child of ours is reaped.
    /// </summary>
    /// <exception cref="LinuxException">It is unknown whether it is gone.</exception>
    public static VmmProcess? TryOpen(HypervisorProtocol.Adopt adopt)
    {
        var pidfd = Pidfd.TryOpen(adopt.Vmm);
        try
        {
            if (pidfd is not null && VmmFinder.IsVmm(adopt.Vmm, adopt.Config.Uuid))
            {
                var process = new VmmProcess(adopt.Vmm, pidfd, VmmLog.TryOpen(adopt.Vmm));
                pidfd = null;
                return process;
            }

            pidfd?.TryReap();
            return null;
        }
        finally
        {
            pidfd?.Dispose();
        }
    }
}

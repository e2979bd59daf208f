using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>Takes hold of a QEMU that an earlier actor, or an earlier daemon, has started.</summary>
internal static class VmmAdoption
{
    /// <summary>
    /// The process, if it is still the one that was recorded: same boot, same start time, same uuid on its command line. Null when it is
    /// gone; a dead child of ours is reaped.
    /// </summary>
    public static VmmProcess? TryOpen(HypervisorProtocol.Adopt adopt)
    {
        if (adopt.BootId != ProcessIdentity.BootId || Pidfd.TryOpen(adopt.Vmm) is not { } pidfd)
        {
            return null;
        }

        if (VmmFinder.IsVmm(adopt.Vmm, adopt.Config.Uuid))
        {
            return new VmmProcess(adopt.Vmm, pidfd, VmmLog.TryOpen(adopt.Vmm));
        }

        pidfd.TryReap();
        pidfd.Dispose();
        return null;
    }
}

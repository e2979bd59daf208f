using System.Runtime.InteropServices;

namespace KataActors.Hypervisor;

/// <summary>Starts VMMs: the seam between the actor and the kernel.</summary>
public interface IVmmLauncher
{
    /// <summary>Starts QEMU. Once it returns, both sockets take connections.</summary>
    /// <param name="config">The VM to start.</param>
    /// <param name="networkNamespace">The network namespace; borrowed until the task completes. Null for a new empty one.</param>
    /// <param name="timeout">For the whole launch.</param>
    /// <param name="cancellation">Undoes a launch that is not finished.</param>
    /// <exception cref="VmmLaunchException">It could not be started.</exception>
    Task<VmmProcess> LaunchAsync(VmConfig config, SafeHandle? networkNamespace, TimeSpan timeout, CancellationToken cancellation);
}

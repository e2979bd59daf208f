using System.Runtime.InteropServices;

namespace KataActors.Hypervisor.Tests;

/// <summary>Runs the test's script in place of starting QEMU, and records the requests.</summary>
internal sealed class FakeVmmLauncher(Func<VmConfig, CancellationToken, Task<VmmProcess>> launch) : IVmmLauncher
{
    public SafeHandle? NetworkNamespace { get; private set; }

    public Task<VmmProcess> LaunchAsync(VmConfig config, SafeHandle? networkNamespace, TimeSpan timeout, CancellationToken cancellation)
    {
        NetworkNamespace = networkNamespace;
        return launch(config, cancellation);
    }
}

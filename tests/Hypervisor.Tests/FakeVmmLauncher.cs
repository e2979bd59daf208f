using System.Runtime.InteropServices;

namespace KataActors.Hypervisor.Tests;

/// <summary>Does what the test says in place of starting QEMU, and records what it was asked.</summary>
internal sealed class FakeVmmLauncher(Func<VmConfig, CancellationToken, Task<VmmProcess>> launch) : IVmmLauncher
{
    public SafeHandle? NetworkNamespace { get; private set; }

    public Task<VmmProcess> LaunchAsync(VmConfig config, SafeHandle? networkNamespace, TimeSpan timeout, CancellationToken cancellation)
    {
        NetworkNamespace = networkNamespace;
        return launch(config, cancellation);
    }
}

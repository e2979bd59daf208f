using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>The configuration of a real QEMU with a <see cref="StubKernel"/>, in a directory of its own. Kills a process that is left.</summary>
internal sealed class RealVm : IDisposable
{
    private readonly TempDirectory _directory = new();

    public RealVm(byte[]? kernel = null)
    {
        File.WriteAllBytes(_directory["vmlinuz"], kernel ?? StubKernel.Halting);
        File.WriteAllBytes(_directory["initramfs.cpio"], [0]);
        Directory.CreateDirectory(_directory["run"]);
        Config = new VmConfig
        {
            HostName = "real",
            Uuid = Guid.NewGuid(),
            QemuPath = "/usr/bin/qemu-system-x86_64",
            Accelerator = Accelerator.Tcg,
            KernelPath = _directory["vmlinuz"],
            InitramfsPath = _directory["initramfs.cpio"],
            MaxVcpuCount = 2,
            MemoryMib = 64,
            RootPortCount = 1,
            RunDirectory = _directory["run"],
        };
    }

    public VmConfig Config { get; }

    /// <summary>A path outside of the run directory.</summary>
    public string this[string name] => _directory[name];

    public Task<VmmProcess> LaunchAsync() =>
        new VmmLauncher().LaunchAsync(Config, null, TimeSpan.FromSeconds(30), CancellationToken.None);

    public void Dispose()
    {
        VmmFinder.EndAsync(Config.Uuid, Config.QemuPath).GetAwaiter().GetResult();

        _directory.Dispose();
    }
}

using KataActors.Model;

namespace KataActors.TestSupport;

/// <summary>Configurations to start from.</summary>
public static class VmConfigs
{
    /// <summary>A VM whose values are right.</summary>
    public static VmConfig Valid { get; } = new()
    {
        HostName = "web",
        Uuid = new Guid("6b1f3c52-9d5e-4a57-8f0e-2f6f8a5d1c11"),
        QemuPath = "/usr/bin/qemu-system-x86_64",
        Accelerator = Accelerator.Tcg,
        KernelPath = "/boot/vmlinuz",
        InitramfsPath = "/boot/initramfs.cpio",
        RunDirectory = "/run/kata-actors/sandboxes/web",
    };
}

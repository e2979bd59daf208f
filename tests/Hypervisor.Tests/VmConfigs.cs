namespace KataActors.Hypervisor.Tests;

/// <summary>Configurations to start from.</summary>
internal static class VmConfigs
{
    public static readonly VmConfig Valid = new()
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

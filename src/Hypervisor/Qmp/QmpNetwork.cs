using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor.Qmp;

/// <summary>The monitor commands that plug network interfaces. Each may throw <see cref="QmpException"/>.</summary>
internal static class QmpNetwork
{
    /// <summary>Hands a tap interface over as the back end of an interface (<c>getfd</c>, <c>netdev_add</c>). The caller still owns the descriptor.</summary>
    public static async Task AddTapAsync(this QmpClient monitor, string id, SafeFileHandle tap, TimeSpan timeout, CancellationToken cancellation)
    {
        await monitor.ExecuteAsync("getfd", json => json.WriteString("fdname", id), tap, timeout, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync(
            "netdev_add",
            json =>
            {
                json.WriteString("type", "tap");
                json.WriteString("id", id);
                json.WriteString("fd", id);
            },
            timeout,
            cancellation).ConfigureAwait(false);
    }

    /// <summary>Plugs an interface.</summary>
    /// <param name="monitor">The monitor.</param>
    /// <param name="backEnd">The id of the back end.</param>
    /// <param name="hardwareAddress">Its hardware address.</param>
    /// <param name="function">Its function of the device at the first root port of a q35; null for a device of its own on the bus of a pc.</param>
    /// <param name="accelerator">Without KVM a vCPU is in QEMU anyway when its guest notifies the device.</param>
    /// <param name="timeout">How long to wait for the reply.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static Task AddInterfaceAsync(
        this QmpClient monitor, string backEnd, string hardwareAddress, int? function, Accelerator accelerator, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync(
            "device_add",
            json =>
            {
                json.WriteString("driver", "virtio-net-pci");
                json.WriteString("id", $"{backEnd}-device");
                json.WriteString("netdev", backEnd);
                json.WriteString("mac", hardwareAddress);
                json.WriteBoolean("ioeventfd", accelerator == Accelerator.Kvm);
                // Nothing boots from it.
                json.WriteString("romfile", "");
                json.WriteString("bus", function is null ? QemuCommandLine.PcBus : QemuCommandLine.RootPort(0));
                if (function is { } number)
                {
                    json.WriteString("addr", $"0.{number}");
                    json.WriteBoolean("multifunction", true);
                }
            },
            timeout,
            cancellation);
}

using System.Globalization;
using System.Text.Json;

namespace KataActors.Hypervisor.Qmp;

/// <summary>A place for a vCPU, as <c>query-hotpluggable-cpus</c> tells it.</summary>
/// <param name="Type">The device type that fits.</param>
/// <param name="Socket">The socket, which names the place: each holds one vCPU.</param>
/// <param name="Place">All of its coordinates, as <c>device_add</c> takes them.</param>
/// <param name="DevicePath">Of the vCPU in it; null when it is free.</param>
internal sealed record VcpuSlot(string Type, long Socket, JsonElement Place, string? DevicePath)
{
    // Devices that were added later, and named, lie below it; those of the command line do not.
    private const string Peripheral = "/machine/peripheral/";

    /// <summary>The name of the device in it when it was hot-plugged, by which it can be unplugged; else null.</summary>
    public string? HotPluggedId =>
        DevicePath is not null && DevicePath.StartsWith(Peripheral, StringComparison.Ordinal) ? DevicePath[Peripheral.Length..] : null;

    /// <summary>The name that a vCPU gets that is plugged into it.</summary>
    public string NewId => string.Create(CultureInfo.InvariantCulture, $"vcpu{Socket}");
}

using System.Globalization;
using System.Text.Json;

namespace KataActors.Hypervisor.Qmp;

/// <summary>A place for a vCPU, as shown by <c>query-hotpluggable-cpus</c>.</summary>
/// <param name="Type">The matching device type.</param>
/// <param name="Socket">The socket, which names the place: each holds one vCPU.</param>
/// <param name="Place">All of its coordinates, as <c>device_add</c> takes them.</param>
/// <param name="DevicePath">Of the vCPU in it; null when it is free.</param>
internal sealed record VcpuSlot(string Type, long Socket, JsonElement Place, string? DevicePath)
{
    // Hot-plugged devices, which have names, are below this path; those of the command line are not.
    private const string Peripheral = "/machine/peripheral/";

    /// <summary>The name of a hot-plugged device in it, for its unplug; else null.</summary>
    public string? HotPluggedId =>
        DevicePath is not null && DevicePath.StartsWith(Peripheral, StringComparison.Ordinal) ? DevicePath[Peripheral.Length..] : null;

    /// <summary>The name for a vCPU that is plugged into it.</summary>
    public string NewId => string.Create(CultureInfo.InvariantCulture, $"vcpu{Socket}");
}

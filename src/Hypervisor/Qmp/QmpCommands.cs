using System.Collections.Immutable;
using System.Text.Json;
using KataActors.Linux;

namespace KataActors.Hypervisor.Qmp;

/// <summary>The used monitor commands, typed. Each may throw <see cref="QmpException"/>.</summary>
public static class QmpCommands
{
    private const int LongestStatus = 64;

    // No machine type of QEMU has more.
    private const int MostVcpus = 8192;

    /// <summary>The run state, such as <c>running</c>, <c>paused</c>, <c>prelaunch</c>.</summary>
    public static async Task<string> QueryStatusAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        const string command = "query-status";
        var result = await monitor.ExecuteAsync(command, null, timeout, cancellation).ConfigureAwait(false);
        return PrintableText.Of(Text(command, result, "status"), LongestStatus);
    }

    /// <summary>The uuid given on the command line.</summary>
    public static async Task<Guid> QueryUuidAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        const string command = "query-uuid";
        var result = await monitor.ExecuteAsync(command, null, timeout, cancellation).ConfigureAwait(false);
        return Guid.TryParse(Text(command, result, "UUID"), out var uuid) ? uuid : throw Malformed(command);
    }

    /// <summary>
    /// The host threads that run vCPUs, in the order of the vCPUs. Without duplicates: one thread runs all vCPUs where translation is
    /// single-threaded.
    /// </summary>
    public static async Task<ImmutableArray<int>> QueryVcpuThreadsAsync(
        this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        const string command = "query-cpus-fast";
        var result = await monitor.ExecuteAsync(command, null, timeout, cancellation).ConfigureAwait(false);
        if (result.ValueKind != JsonValueKind.Array || result.GetArrayLength() > MostVcpus)
        {
            throw Malformed(command);
        }

        var threads = ImmutableArray.CreateBuilder<int>();
        foreach (var vcpu in result.EnumerateArray())
        {
            if (vcpu.ValueKind != JsonValueKind.Object
                || !vcpu.TryGetProperty("thread-id", out var member)
                || member.ValueKind != JsonValueKind.Number
                || !member.TryGetInt32(out var thread))
            {
                throw Malformed(command);
            }

            if (thread > 0 && !threads.Contains(thread))
            {
                threads.Add(thread);
            }
        }

        return threads.ToImmutable();
    }

    /// <summary>All places for vCPUs, in the order of their sockets.</summary>
    internal static async Task<ImmutableArray<VcpuSlot>> QueryVcpuSlotsAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        const string command = "query-hotpluggable-cpus";
        var result = await monitor.ExecuteAsync(command, null, timeout, cancellation).ConfigureAwait(false);
        return result.ValueKind == JsonValueKind.Array && result.GetArrayLength() <= MostVcpus
            ? [.. result.EnumerateArray().Select(slot => Slot(command, slot)).OrderBy(slot => slot.Socket)]
            : throw Malformed(command);
    }

    /// <summary>Plugs a vCPU into a free place. It runs when the guest has taken it on-line.</summary>
    internal static Task AddVcpuAsync(this QmpClient monitor, VcpuSlot slot, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync(
            "device_add",
            arguments =>
            {
                arguments.WriteString("driver", slot.Type);
                arguments.WriteString("id", slot.NewId);
                foreach (var coordinate in slot.Place.EnumerateObject())
                {
                    coordinate.WriteTo(arguments);
                }
            },
            timeout,
            cancellation);

    /// <summary>Asks the guest to release a hot-plugged device. The reply comes before the release.</summary>
    internal static Task RemoveDeviceAsync(this QmpClient monitor, string id, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync("device_del", arguments => arguments.WriteString("id", id), timeout, cancellation);

    /// <summary>Stops the vCPUs.</summary>
    public static Task StopAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync("stop", null, timeout, cancellation);

    /// <summary>Lets the vCPUs run.</summary>
    public static Task ContinueAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync("cont", null, timeout, cancellation);

    /// <summary>Presses the power button.</summary>
    public static Task PowerDownAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation) =>
        monitor.ExecuteAsync("system_powerdown", null, timeout, cancellation);

    /// <summary>Ends QEMU. The end of the connection before the reply is not an error.</summary>
    public static async Task QuitAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            await monitor.ExecuteAsync("quit", null, timeout, cancellation).ConfigureAwait(false);
        }
        catch (QmpException e) when (e.Kind == QmpFailureKind.Closed)
        {
        }
    }

    private static VcpuSlot Slot(string command, JsonElement slot) =>
        slot.ValueKind == JsonValueKind.Object
        && slot.TryGetProperty("props", out var place)
        && place.ValueKind == JsonValueKind.Object
        && place.TryGetProperty("socket-id", out var member)
        && member.ValueKind == JsonValueKind.Number
        && member.TryGetInt64(out var socket)
            ? new VcpuSlot(Text(command, slot, "type"), socket, place, slot.TryGetProperty("qom-path", out _) ? Text(command, slot, "qom-path") : null)
            : throw Malformed(command);

    private static string Text(string command, JsonElement result, string member) =>
        result.ValueKind == JsonValueKind.Object
        && result.TryGetProperty(member, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Malformed(command);

    private static QmpException Malformed(string command) => new(QmpFailureKind.Malformed, command, "unexpected reply");
}

using System.Text.Json;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Hypervisor.Qmp;

/// <summary>
/// The monitor commands that save and restore a VM, whose memory stays in its shared file. The state goes through a descriptor that was handed
/// over (<c>getfd</c>), because QEMU's sandbox forbids it to start a program.
/// </summary>
internal static class QmpMigration
{
    private const int LongestText = 1024;
    private const string DescriptorName = "template-state";

    /// <summary>Begins to write the state to a new file. The event MIGRATION gives the outcome.</summary>
    public static async Task SaveAsync(this QmpClient monitor, string stateFile, TimeSpan timeout, CancellationToken cancellation)
    {
        using var state = File.OpenHandle(stateFile, FileMode.CreateNew, FileAccess.Write);
        await monitor.PrepareAsync(state, timeout, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync("migrate", WriteUri, timeout, cancellation).ConfigureAwait(false);
    }

    /// <summary>Begins to read the state in a QEMU that waits for it. The guest continues after it; the event MIGRATION gives the outcome.</summary>
    public static async Task RestoreAsync(this QmpClient monitor, string stateFile, TimeSpan timeout, CancellationToken cancellation)
    {
        using var state = Open(stateFile);
        await monitor.PrepareAsync(state, timeout, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync("migrate-incoming", WriteUri, timeout, cancellation).ConfigureAwait(false);
    }

    /// <summary>Why the last migration failed, in QEMU's words.</summary>
    public static async Task<string> QueryMigrationErrorAsync(this QmpClient monitor, TimeSpan timeout, CancellationToken cancellation)
    {
        var result = await monitor.ExecuteAsync("query-migrate", null, timeout, cancellation).ConfigureAwait(false);
        return result.ValueKind == JsonValueKind.Object && result.TryGetProperty("error-desc", out var text) && text.ValueKind == JsonValueKind.String
            ? PrintableText.Of(text.GetString(), LongestText)
            : "failed, and qemu gives no reason";
    }

    private static SafeFileHandle Open(string stateFile)
    {
        try
        {
            return RegularFile.Open(stateFile, OpenFlags.NoFollow);
        }
        catch (LinuxException e)
        {
            throw new QmpException(QmpFailureKind.CommandFailed, "open", e.Message, e);
        }
    }

    private static async Task PrepareAsync(this QmpClient monitor, SafeFileHandle state, TimeSpan timeout, CancellationToken cancellation)
    {
        await monitor.ExecuteAsync("migrate-set-capabilities", WriteCapabilities, timeout, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync("getfd", json => json.WriteString("fdname", DescriptorName), state, timeout, cancellation).ConfigureAwait(false);
    }

    private static void WriteUri(Utf8JsonWriter json) => json.WriteString("uri", $"fd:{DescriptorName}");

    private static void WriteCapabilities(Utf8JsonWriter json)
    {
        json.WriteStartArray("capabilities");
        foreach (var capability in new[] { "x-ignore-shared", "events" })
        {
            json.WriteStartObject();
            json.WriteString("capability", capability);
            json.WriteBoolean("state", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

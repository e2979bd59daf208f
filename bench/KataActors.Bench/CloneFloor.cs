using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Channel;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Bench;

/// <summary>
/// The floor of a clone: QEMU as a cloned sandbox has it (a clone needs every device of its template), from its start to the agent's first answer.
/// </summary>
internal sealed class CloneFloor
{
    // The monitor is 3 and the agent channel 4, as for a sandbox.
    private const int StateDescriptor = 5;

    private readonly string[] _arguments;
    private readonly string _state;

    private CloneFloor(string[] arguments, string state)
    {
        _arguments = arguments;
        _state = state;
    }

    /// <summary>Derives the command line from that of a clone that runs.</summary>
    public static CloneFloor Of(int vmmPid, Workspace workspace)
    {
        var share = Directory.CreateDirectory(workspace.NewPath("share")).FullName;
        var own = File.ReadAllText($"/proc/{vmmPid.ToString(CultureInfo.InvariantCulture)}/cmdline").TrimEnd('\0').Split('\0');
        string[] arguments = [.. own.Select(argument => argument.StartsWith("local,id=share", StringComparison.Ordinal) ? WithPath(argument, share) : argument)];
        var memory = own.SelectMany(argument => argument.Split(',')).FirstOrDefault(part => part.StartsWith("mem-path=", StringComparison.Ordinal))
            ?? throw new BenchException($"the command line of QEMU is none of a clone: {string.Join(' ', own)}");
        return new CloneFloor(arguments, Path.Combine(Path.GetDirectoryName(memory["mem-path=".Length..])!, "state"));
    }

    /// <summary>Clones once.</summary>
    public async Task<TimeSpan> CloneAsync(Workspace workspace, CancellationToken cancellation)
    {
        var (monitorPath, agentPath) = (workspace.NewPath("monitor"), workspace.NewPath("agent"));
        using var errors = new OutputFile(workspace.NewPath("qemu"));
        var begin = Stopwatch.GetTimestamp();
        using var monitorSocket = UnixSockets.Listen(monitorPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var agentSocket = UnixSockets.Listen(agentPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var state = File.OpenHandle(_state);
        SafeHandle?[] descriptors = [null, null, errors.Handle, monitorSocket.SafeHandle, agentSocket.SafeHandle, state];
        await using var qemu = ChildProcess.Start(_arguments, descriptors);
        await using var monitor = await QmpClient.ConnectAsync(monitorPath, _ => { }, Limits.Boot, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync("migrate-set-capabilities", IgnoreShared, Limits.Call, cancellation).ConfigureAwait(false);
        await monitor.ExecuteAsync("migrate-incoming", json => json.WriteString("uri", $"fd:{StateDescriptor}"), Limits.Call, cancellation).ConfigureAwait(false);
        var stream = await AgentChannel.ConnectAsync(
            async token => new NetworkStream(await UnixSockets.ConnectAsync(agentPath, Limits.Boot, token).ConfigureAwait(false), ownsSocket: true),
            Limits.Boot,
            ChannelTiming.Boot,
            cancellation).ConfigureAwait(false);
        await using var client = new TtrpcClient(new StreamTransport(stream));
        await new AgentClient(client).CheckAsync(new CheckRequest(), Limits.Call, cancellation).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(begin);
    }

    private static string WithPath(string option, string path) =>
        string.Join(',', option.Split(',').Select(part => part.StartsWith("path=", StringComparison.Ordinal) ? $"path={path}" : part));

    private static void IgnoreShared(System.Text.Json.Utf8JsonWriter json)
    {
        json.WriteStartArray("capabilities");
        json.WriteStartObject();
        json.WriteString("capability", "x-ignore-shared");
        json.WriteBoolean("state", true);
        json.WriteEndObject();
        json.WriteEndArray();
    }
}

using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace KataActors.TestSupport;

/// <summary>
/// A monitor on a real Unix socket that speaks QMP as QEMU 7.2 does: one client at a time, the next one waits; greeting, capabilities,
/// replies by id; <c>SHUTDOWN</c> before the reply to <c>quit</c>.
/// </summary>
public sealed class FakeQmpServer : IAsyncDisposable
{
    private const string UsualGreeting = """{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}}""";

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _disposed = new();
    private readonly Channel<string> _commands = Channel.CreateUnbounded<string>();
    private readonly Lock _writing = new();
    private readonly Task _serving;
    private Socket? _client;

    public FakeQmpServer(string path, FakeQmpFaults? faults = null)
    {
        Faults = faults ?? FakeQmpFaults.None;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _serving = ServeAsync();
    }

    /// <summary>The faults, from the next line on.</summary>
    public FakeQmpFaults Faults { get; set; }

    /// <summary>The answer to <c>query-uuid</c>.</summary>
    public Guid Uuid { get; set; }

    /// <summary>The answer to <c>query-status</c>; <c>stop</c> and <c>cont</c> change it.</summary>
    public string Status { get; set; } = "running";

    /// <summary>The answer to <c>query-cpus-fast</c>.</summary>
    public IReadOnlyList<int> VcpuThreads { get; set; } = [4711];

    /// <summary>vCPUs that were plugged, by name, and their threads; they are among the answers like those of <see cref="VcpuThreads"/>.</summary>
    public ConcurrentDictionary<string, int> HotPlugged { get; } = new();

    /// <summary>The highest number of vCPUs.</summary>
    public int VcpuSlots { get; set; } = 4;

    /// <summary>The reaction of the process behind the monitor to <c>quit</c>.</summary>
    public Action OnQuit { get; set; } = () => { };

    /// <summary>The next command that has come, in order.</summary>
    public async Task<string> NextCommandAsync() =>
        await _commands.Reader.ReadAsync().AsTask().WaitAsync(Deadline.Span).ConfigureAwait(false);

    /// <summary>Sends an event to the client.</summary>
    public void Emit(string name, string data = "{}") =>
        Send($$"""{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "{{name}}", "data": {{data}}}""");

    /// <summary>Sends a line as it is.</summary>
    public void Send(string line)
    {
        lock (_writing)
        {
            var bytes = Encoding.UTF8.GetBytes(line + "\r\n");
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += _client!.Send(bytes.AsSpan(sent));
            }
        }
    }

    /// <summary>Ends the connection of the client.</summary>
    public void CloseClient() => _client!.Shutdown(SocketShutdown.Both);

    public async ValueTask DisposeAsync()
    {
        await _disposed.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        _client?.Dispose();
        await _serving.WaitAsync(Deadline.Span).ConfigureAwait(false);
    }

    private async Task ServeAsync()
    {
        while (!_disposed.IsCancellationRequested)
        {
            try
            {
                using var client = await _listener.AcceptAsync(_disposed.Token).ConfigureAwait(false);
                _client = client;
                await ServeAsync(client).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // This client has left; the next one gets its turn.
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        await Faults.BeforeGreeting.WaitAsync(_disposed.Token).ConfigureAwait(false);
        Send(Faults.Greeting ?? UsualGreeting);
        using var stream = new NetworkStream(client);
        using var lines = new StreamReader(stream);
        var answered = 0;
        while (answered != Faults.CloseAfterCommands && await lines.ReadLineAsync(_disposed.Token).ConfigureAwait(false) is { } line)
        {
            using var command = JsonDocument.Parse(line);
            var device = command.RootElement.TryGetProperty("arguments", out var arguments) && arguments.TryGetProperty("id", out var id) ? id.GetString()! : "";
            Answer(command.RootElement.GetProperty("execute").GetString()!, command.RootElement.GetProperty("id").GetInt64(), device);
            answered++;
        }
    }

    private void Answer(string command, long id, string device)
    {
        if (!Faults.Unanswered.Contains(command))
        {
            if (Faults.RawReplies.TryGetValue(command, out var raw))
            {
                Send(raw.Replace("$id", $"{id}", StringComparison.Ordinal));
            }
            else if (Faults.Errors.TryGetValue(command, out var error))
            {
                Send($$"""{"id": {{id}}, "error": {"class": "GenericError", "desc": "{{error}}"} }""");
            }
            else
            {
                Carry(command, id, device);
            }
        }

        _commands.Writer.TryWrite(command);
    }

    private void Carry(string command, long id, string device)
    {
        switch (command)
        {
            case "device_add":
                HotPlugged[device] = 9000 + HotPlugged.Count;
                break;
            case "device_del" when !Faults.GuestKeepsVcpus:
                HotPlugged.TryRemove(device, out _);
                Emit("DEVICE_DELETED", $$"""{"device": "{{device}}", "path": "/machine/peripheral/{{device}}"}""");
                break;
            case "stop":
                Status = "paused";
                Emit("STOP");
                break;
            case "cont":
                Status = "running";
                Emit("RESUME");
                break;
            case "quit":
                Emit("SHUTDOWN", """{"guest": false, "reason": "host-qmp-quit"}""");
                break;
        }

        Send($$"""{"return": {{Result(command)}}, "id": {{id}}}""");
        if (command == "quit")
        {
            OnQuit();
        }
    }

    private string Result(string command) => command switch
    {
        "query-uuid" => $$"""{"UUID": "{{Uuid}}"}""",
        "query-status" => $$"""{"status": "{{Status}}", "singlestep": false, "running": {{(Status == "running" ? "true" : "false")}}}""",
        "query-hotpluggable-cpus" => $"[{string.Join(", ", Enumerable.Range(0, VcpuSlots).Reverse().Select(Slot))}]",
        "query-cpus-fast" => $"[{string.Join(", ", VcpuThreads.Concat(HotPlugged.OrderBy(vcpu => vcpu.Key).Select(vcpu => vcpu.Value)).Select((thread, index) => $$"""{"thread-id": {{thread}}, "cpu-index": {{index}}}"""))}]",
        _ => "{}",
    };

    private string Slot(int socket)
    {
        var path = socket < VcpuThreads.Count ? $"/machine/unattached/device[{socket}]" : HotPlugged.ContainsKey($"vcpu{socket}") ? $"/machine/peripheral/vcpu{socket}" : null;
        var member = path is null ? "" : $$"""
            , "qom-path": "{{path}}"
            """;
        return $$"""{"props": {"core-id": 0, "thread-id": 0, "socket-id": {{socket}}}, "vcpus-count": 1, "type": "max-x86_64-cpu"{{member}}}""";
    }
}

using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace KataActors.Callers.Tests.Support;

/// <summary>A process at the other end of containerd's streaming server: Kubernetes' protocol of channels over a web socket.</summary>
internal sealed class CriStream : IDisposable
{
    private const string ChannelProtocol = "v4.channel.k8s.io";

    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private readonly ClientWebSocket _socket = new();
    private readonly Dictionary<Channel, StringBuilder> _received = new()
    {
        [Channel.Output] = new(),
        [Channel.Errors] = new(),
        [Channel.Status] = new(),
    };

    private enum Channel : byte
    {
        Input = 0,
        Output = 1,
        Errors = 2,
        Status = 3,
        Size = 4,
    }

    public string Output => _received[Channel.Output].ToString();

    public string Errors => _received[Channel.Errors].ToString();

    public static async Task<CriStream> OpenAsync(string url)
    {
        var stream = new CriStream();
        stream._socket.Options.AddSubProtocol(ChannelProtocol);
        await stream._socket.ConnectAsync(new UriBuilder(url) { Scheme = "ws" }.Uri, stream._deadline.Token);
        return stream;
    }

    public Task WriteAsync(string text) => SendAsync(Channel.Input, text);

    public Task ResizeAsync(int rows, int columns) => SendAsync(Channel.Size, $$"""{"Width":{{columns}},"Height":{{rows}}}""");

    /// <summary>Reads until the output holds a text.</summary>
    public async Task ReadUntilAsync(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(await ReceiveAsync(), $"the stream ended before \"{text}\": {Output}{Errors}");
        }
    }

    /// <summary>Reads to the end.</summary>
    /// <returns>The exit code; null when the server does not tell.</returns>
    public async Task<int?> FinishAsync()
    {
        while (await ReceiveAsync())
        {
        }

        var text = _received[Channel.Status].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        using var status = JsonDocument.Parse(text);
        return status.RootElement.GetProperty("status").GetString() == "Success"
            ? 0
            : int.Parse(status.RootElement.GetProperty("details").GetProperty("causes")[0].GetProperty("message").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _deadline.Dispose();
    }

    private Task SendAsync(Channel channel, string text) =>
        _socket.SendAsync((byte[])[(byte)channel, .. Encoding.UTF8.GetBytes(text)], WebSocketMessageType.Binary, endOfMessage: true, _deadline.Token);

    private async Task<bool> ReceiveAsync()
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        ValueWebSocketReceiveResult result;
        do
        {
            result = await _socket.ReceiveAsync(buffer.AsMemory(length), _deadline.Token);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            length += result.Count;
        }
        while (!result.EndOfMessage);

        if (length > 0)
        {
            _received[(Channel)buffer[0]].Append(Encoding.UTF8.GetString(buffer, 1, length - 1));
        }

        return true;
    }
}

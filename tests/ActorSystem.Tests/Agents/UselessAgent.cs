using System.Net.Sockets;
using KataActors.Linux;

namespace KataActors.Runtime.Tests.Agents;

/// <summary>QEMU's end of an agent channel, with a guest that ends each connection after its first bytes.</summary>
internal sealed class UselessAgent : IAsyncDisposable
{
    private const int PreambleSize = 32;
    private const int MagicSize = 16;

    private readonly Socket _listener;
    private readonly Func<byte[], byte[]> _words;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    /// <param name="path">The socket's path.</param>
    /// <param name="words">Its answer to a preamble.</param>
    public UselessAgent(string path, Func<byte[], byte[]> words)
    {
        _words = words;
        _listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _serving = Task.Run(ServeAsync);
    }

    /// <summary>The number of connections so far.</summary>
    public int Connections { get; private set; }

    /// <summary>The echo to a preamble.</summary>
    public static byte[] Echo(byte[] preamble) => [0xF6, .. "KA-GUESTHELLO-1"u8, .. preamble[MagicSize..]];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var host = await _listener.AcceptAsync(_stop.Token);
                Connections++;
                await using var stream = new NetworkStream(host);
                var preamble = new byte[PreambleSize];
                await stream.ReadExactlyAsync(preamble, _stop.Token);
                await stream.WriteAsync(_words(preamble), _stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                // The host has left, or the test is over.
            }
        }
    }
}

using System.Net.Sockets;
using KataActors.Linux;

namespace KataActors.TestSupport;

/// <summary>
/// The guest's end of a port whose host end is a Unix socket that the host connects to, one host at a time, as QEMU's chardev offers it.
/// </summary>
internal sealed class SocketPort : AsyncStream
{
    private readonly Socket _listener;
    private Socket? _host;
    private bool _closed;

    public SocketPort(string path) => _listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
    {
        try
        {
            var host = _host ??= await _listener.AcceptAsync(cancellation);
            int count = await host.ReceiveAsync(buffer, cancellation);
            if (count > 0)
            {
                return count;
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            if (_closed)
            {
                throw new IOException("the port is closed", failure);
            }
        }

        DropHost();
        return 0;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
    {
        var host = _host ?? throw new IOException("no host is connected");
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await host.SendAsync(buffer, cancellation)..];
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            throw new IOException("the host has left", failure);
        }
    }

    /// <summary>Ends the connection to the host, who may connect again.</summary>
    public void DropHost() => Interlocked.Exchange(ref _host, null)?.Dispose();

    protected override void Dispose(bool disposing)
    {
        _closed = true;
        _listener.Dispose();
        DropHost();
    }
}

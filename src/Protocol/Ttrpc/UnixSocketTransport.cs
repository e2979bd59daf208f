using System.Net.Sockets;
using System.Runtime.InteropServices;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>ttrpc over a connected Unix stream socket, with descriptors in both directions. The transport owns the socket.</summary>
public sealed class UnixSocketTransport : ITtrpcTransport
{
    private readonly Socket _socket;
    private readonly SafeHandle _handle;

    /// <param name="socket">Connected.</param>
    /// <param name="address">Names the peer in error messages: the path of the socket.</param>
    /// <exception cref="LinuxException">It is not a Unix socket.</exception>
    public UnixSocketTransport(Socket socket, string address)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        Address = address;
        var credentials = UnixSockets.GetPeerCredentials(_handle);
        Peer = new TtrpcPeer(credentials.Uid, credentials.Gid, credentials.Pid);
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <inheritdoc/>
    public TtrpcPeer? Peer { get; }

    /// <summary>Connects to the socket at a path.</summary>
    /// <exception cref="TtrpcException">Unavailable: no process listens there, or it did not accept in time. PermissionDenied: the caller may not connect.</exception>
    public static async Task<UnixSocketTransport> ConnectAsync(string path, TimeSpan timeout, CancellationToken cancellation)
    {
        try
        {
            var socket = await UnixSockets.ConnectAsync(path, timeout, cancellation).ConfigureAwait(false);
            return new UnixSocketTransport(socket, path);
        }
        catch (LinuxException failure)
        {
            var code = failure.Errno is Errno.EACCES or Errno.EPERM ? StatusCode.PermissionDenied : StatusCode.Unavailable;
            throw new TtrpcException(code, failure.Message, failure);
        }
        catch (TimeoutException failure)
        {
            throw new TtrpcException(StatusCode.Unavailable, failure.Message, failure);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, IList<SafeFileHandle> descriptors, CancellationToken cancellation) =>
        DescriptorPassing.ReceiveAsync(_handle, buffer, descriptors, cancellation);

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellation) =>
        DescriptorPassing.SendAsync(_handle, bytes, descriptors, cancellation);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        try
        {
            // Wakes the threads that wait on the socket; closing the descriptor alone would not.
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The peer has left, or the socket was shut down before.
        }

        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

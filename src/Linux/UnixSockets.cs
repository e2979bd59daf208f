using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Stream sockets of unix(7) by path.</summary>
public static class UnixSockets
{
    private const int LongestPath = 107;
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Connects. The caller owns the socket.</summary>
    /// <exception cref="LinuxException">Nobody listens there (ENOENT, ECONNREFUSED), it is not allowed, or it is no socket path.</exception>
    /// <exception cref="TimeoutException">The listener did not take the connection in time.</exception>
    public static async Task<Socket> ConnectAsync(string path, TimeSpan timeout, CancellationToken cancellation)
    {
        var address = Address(path, "connect");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(timeout);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(address, deadline.Token).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException failure) when (failure.NativeErrorCode == Errno.EAGAIN)
            {
                // The listener's queue is full, which unix(7) does not wait for on a non-blocking socket.
                socket.Dispose();
            }
            catch (SocketException failure)
            {
                socket.Dispose();
                throw new LinuxException(failure.NativeErrorCode, "connect", path);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                socket.Dispose();
                throw new TimeoutException($"connect \"{path}\": no answer in time");
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            await Task.Delay(s_retryPause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Binds and listens. The file has exactly <paramref name="mode"/> (less the umask) from its first moment. The path must be free;
    /// the file is removed by the caller.
    /// </summary>
    public static Socket Listen(string path, UnixFileMode mode, int backlog = 128)
    {
        var address = Address(path, "bind");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // The new file takes its mode from the unbound socket.
            if (LibC.fchmod(socket.SafeHandle, (uint)mode) != 0)
            {
                throw LinuxException.Last("fchmod", path);
            }

            socket.Bind(address);
            socket.Listen(backlog);
            return socket;
        }
        catch (SocketException failure)
        {
            socket.Dispose();
            throw new LinuxException(failure.NativeErrorCode, "bind", path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Who connected.</summary>
    public static unsafe PeerCredentials GetPeerCredentials(SafeHandle socket)
    {
        PeerCredentials peer;
        var length = (uint)sizeof(PeerCredentials);
        // SAFETY: struct ucred is pid, uid, gid of 32 bits each, which is the layout of PeerCredentials.
        return LibC.getsockopt(socket, Constants.SolSocket, Constants.SoPeerCredentials, &peer, &length) == 0
            ? peer
            : throw LinuxException.Last("getsockopt", "SO_PEERCRED");
    }

    private static UnixDomainSocketEndPoint Address(string path, string call)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new LinuxException(Errno.EINVAL, call, path.Replace("\0", "\\0"));
        }

        return Encoding.UTF8.GetByteCount(path) <= LongestPath
            ? new UnixDomainSocketEndPoint(path)
            : throw new LinuxException(Errno.ENAMETOOLONG, call, path);
    }
}

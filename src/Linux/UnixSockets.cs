using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>Stream sockets of unix(7) by path.</summary>
public static class UnixSockets
{
    private const int LongestPath = 107;
    private const int ShutdownSending = 1;
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(5);

    /// <summary>Connects. The caller owns the socket.</summary>
    /// <exception cref="LinuxException">No process listens there (ENOENT, ECONNREFUSED), it is not allowed, or it is not a socket path.</exception>
    /// <exception cref="TimeoutException">The listener did not take the connection in time.</exception>
    public static async Task<Socket> ConnectAsync(string path, TimeSpan timeout, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        var address = Address(path, "connect");
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryConnect(path, address) is { } socket)
            {
                return socket;
            }

            if (Environment.TickCount64 >= end)
            {
                throw new TimeoutException($"connect \"{path}\": no answer in time");
            }

            await Task.Delay(s_retryPause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Binds and listens. The file has exactly <paramref name="mode"/> (less the umask) from its first moment. The path must be free;
    /// the file is removed by the caller.
    /// </summary>
    public static unsafe Socket Listen(string path, UnixFileMode mode, int backlog = 128)
    {
        var address = Address(path, "bind");
        var handle = Create();
        try
        {
            // The new file takes its mode from the unbound socket.
            Check(LibC.fchmod(handle, (uint)mode), "fchmod", path);
            // SAFETY: the address is read during the call.
            fixed (byte* bytes = address)
            {
                Check(LibC.bind(handle, bytes, (uint)address.Length), "bind", path);
            }

            Check(LibC.listen(handle, backlog), "listen", path);
            return Wrap(handle, path);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Two connected sockets, non-blocking and close-on-exec (socketpair(2)).</summary>
    public static unsafe (SafeFileHandle First, SafeFileHandle Second) Pair()
    {
        var ends = stackalloc int[2];
        // SAFETY: the kernel writes two numbers.
        return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0
            ? (LibC.Own(ends[0]), LibC.Own(ends[1]))
            : throw LinuxException.Last("socketpair", "unix");
    }

    /// <summary>Sends no more: the peer finds the end of the stream behind what was sent (shutdown(2)). What the peer sends still arrives.</summary>
    public static void EndSending(SafeHandle socket) => _ = LibC.shutdown(socket, ShutdownSending);

    /// <summary>The process that connected.</summary>
    public static unsafe PeerCredentials GetPeerCredentials(SafeHandle socket)
    {
        PeerCredentials peer;
        var length = (uint)sizeof(PeerCredentials);
        // SAFETY: struct ucred is pid, uid, gid of 32 bits each, which is the layout of PeerCredentials.
        return LibC.getsockopt(socket, Constants.SolSocket, Constants.SoPeerCredentials, &peer, &length) == 0
            ? peer
            : throw LinuxException.Last("getsockopt", "SO_PEERCRED");
    }

    // .NET's own connect and bind replace several errors, a missing file among them, by others. Null: the listener's queue is full.
    private static unsafe Socket? TryConnect(string path, byte[] address)
    {
        var handle = Create();
        try
        {
            // SAFETY: the address is read during the call.
            fixed (byte* bytes = address)
            {
                if (LibC.connect(handle, bytes, (uint)address.Length) == 0)
                {
                    return Wrap(handle, path);
                }
            }

            var failure = LinuxException.Last("connect", path);
            if (failure.Errno is not (Errno.EAGAIN or Errno.EINTR))
            {
                throw failure;
            }

            handle.Dispose();
            return null;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    // Non-blocking, because a blocking connect would wait without limit for a place in a full queue.
    private static SafeSocketHandle Create()
    {
        var fd = socket(
            AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        return fd >= 0 ? new SafeSocketHandle(fd, ownsHandle: true) : throw LinuxException.Last("socket", "unix");
    }

    // Socket takes a descriptor to be a blocking one, and makes it non-blocking itself at its first asynchronous call.
    private static Socket Wrap(SafeSocketHandle handle, string path)
    {
        Check(LibC.fcntl(handle, Constants.SetStatusFlags, 0), "fcntl", path);
        return new Socket(handle);
    }

    private static void Check(int result, string call, string path)
    {
        if (result != 0)
        {
            throw LinuxException.Last(call, path);
        }
    }

    /// <summary>struct sockaddr_un with as much of the path as there is, and its NUL.</summary>
    internal static byte[] Address(string path, string call)
    {
        if (path.Length == 0 || path.Contains('\0'))
        {
            throw new LinuxException(Errno.EINVAL, call, path.Replace("\0", "\\0"));
        }

        var length = Encoding.UTF8.GetByteCount(path);
        if (length > LongestPath)
        {
            throw new LinuxException(Errno.ENAMETOOLONG, call, path);
        }

        var address = new byte[sizeof(ushort) + length + 1];
        address[0] = (byte)(ushort)AF_UNIX;
        Encoding.UTF8.GetBytes(path, address.AsSpan(sizeof(ushort)));
        return address;
    }
}

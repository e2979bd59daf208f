using System.Diagnostics;
using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>
/// The connecting end of a unix(7) stream for small and short programs: every wait blocks the calling thread, with a deadline, and no
/// other thread, pool or event loop is used. One thread may send while another receives.
/// </summary>
public sealed class BlockingSocket : IDisposable
{
    private const int ShutdownBoth = 2;
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(5);

    private readonly SafeFileHandle _handle;
    private readonly string _path;

    private BlockingSocket(SafeFileHandle handle, string path)
    {
        _handle = handle;
        _path = path;
    }

    /// <summary>The process that listened when the socket was made.</summary>
    public PeerCredentials Peer => UnixSockets.GetPeerCredentials(_handle);

    /// <summary>Connects.</summary>
    /// <exception cref="LinuxException">No process listens there (ENOENT, ECONNREFUSED), it is not allowed, or it is not a socket path.</exception>
    /// <exception cref="TimeoutException">The listener did not take the connection in time.</exception>
    public static BlockingSocket Connect(string path, TimeSpan timeout)
    {
        var address = UnixSockets.Address(path, "connect");
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (TryConnect(path, address) is { } handle)
            {
                return new BlockingSocket(handle, path);
            }

            if (Stopwatch.GetElapsedTime(start) > timeout)
            {
                throw new TimeoutException($"connect \"{path}\": no answer in time");
            }

            Thread.Sleep(s_retryPause);
        }
    }

    /// <summary>Sends all of <paramref name="bytes"/>; the descriptors, owned by the caller, go with the first byte.</summary>
    /// <exception cref="TimeoutException">The peer took no byte in that time.</exception>
    public void Send(ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors, TimeSpan stall)
    {
        while (!bytes.IsEmpty)
        {
            var sent = DescriptorPassing.TrySend(_handle, bytes, descriptors);
            if (sent >= 0)
            {
                bytes = bytes[sent..];
                descriptors = [];
            }
            else if (!WaitAll(BlockingStreams.WaitWritable, stall))
            {
                throw new TimeoutException($"send to \"{_path}\": no byte was taken in time");
            }
        }
    }

    /// <summary>Receives at least one byte; 0 at the end of the stream, -1 when the time has passed. Descriptors that come along are closed.</summary>
    public int Receive(Span<byte> buffer, TimeSpan timeout)
    {
        while (true)
        {
            // Without a buffer for control messages, as in read(2), the kernel closes arriving descriptors.
            var received = Descriptors.TryRead(_handle, buffer);
            if (received >= 0)
            {
                return received;
            }

            if (!WaitAll(BlockingStreams.WaitReadable, timeout))
            {
                return -1;
            }
        }
    }

    /// <summary>Ends both directions; waiting threads return.</summary>
    public void Shutdown() => _ = LibC.shutdown(_handle, ShutdownBoth);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    // Continues after signals; a wait without limit ends with the stream.
    private bool WaitAll(Func<SafeHandle, TimeSpan, bool> wait, TimeSpan timeout)
    {
        var start = Stopwatch.GetTimestamp();
        var left = timeout;
        while (!wait(_handle, left))
        {
            if (timeout != Timeout.InfiniteTimeSpan && (left = timeout - Stopwatch.GetElapsedTime(start)) <= TimeSpan.Zero)
            {
                return false;
            }
        }

        return true;
    }

    // Null: the listener's queue is full, for which unix(7) would wait without limit.
    private static unsafe SafeFileHandle? TryConnect(string path, byte[] address)
    {
        var fd = socket(
            AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
        {
            throw LinuxException.Last("socket", "unix");
        }

        var handle = LibC.Own(fd);
        // SAFETY: the address is read during the call.
        fixed (byte* bytes = address)
        {
            if (LibC.connect(handle, bytes, (uint)address.Length) == 0)
            {
                return handle;
            }
        }

        var failure = LinuxException.Last("connect", path);
        handle.Dispose();
        return failure.Errno is Errno.EAGAIN or Errno.EINTR ? null : throw failure;
    }
}

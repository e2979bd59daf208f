using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux.Netlink;

/// <summary>
/// A socket of rtnetlink(7) for requests, one at a time. It belongs to the network namespace of the thread that opens it. The kernel has an answer ready when the
/// request is sent, so no call waits. Disposing closes it.
/// </summary>
public sealed class NetlinkSocket : IDisposable
{
    private const int NetlinkFamily = 16;
    private const int RouteProtocol = 0;

    // The kernel gives no more at once to a reader that takes that much.
    private const int BufferSize = 16 * 1024;
    private const int DumpAttempts = 5;

    private readonly SafeFileHandle _socket;
    private readonly byte[] _buffer = new byte[BufferSize];
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle socket) => _socket = socket;

    /// <summary>Opens one in the network namespace of the calling thread.</summary>
    public static NetlinkSocket Open()
    {
        var fd = socket(NetlinkFamily, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, RouteProtocol);
        return fd >= 0 ? new NetlinkSocket(LibC.Own(fd)) : throw LinuxException.Last("socket", "netlink");
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>Has the kernel carry a request out.</summary>
    /// <param name="message">The request.</param>
    /// <param name="call">What it does, for errors: "add route".</param>
    /// <param name="subject">To what.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal void Request(NetlinkMessage message, string call, string subject)
    {
        Send(message, NetlinkNumbers.Acknowledge);
        Receive(call, subject, (_, _) => { });
    }

    /// <summary>All objects of a kind: the content of each message, the fixed part first.</summary>
    /// <exception cref="LinuxException">The kernel refuses, or the objects change all the time.</exception>
    internal List<byte[]> Dump(NetlinkMessage message, string call)
    {
        for (var attempt = 0; attempt < DumpAttempts; attempt++)
        {
            var found = new List<byte[]>();
            var isWhole = true;
            Send(message, NetlinkNumbers.Dump);
            Receive(call, "", (head, content) =>
            {
                isWhole &= (head.Flags & NetlinkNumbers.Interrupted) == 0;
                found.Add(content.ToArray());
            });
            if (isWhole)
            {
                return found;
            }
        }

        throw new LinuxException(Errno.EAGAIN, call, "", "it changes all the time");
    }

    private void Send(NetlinkMessage message, ushort flags)
    {
        var bytes = message.ToBytes(++_sequence, (ushort)(NetlinkNumbers.Request | flags));
        if (Descriptors.TryWrite(_socket, bytes) != bytes.Length)
        {
            throw new LinuxException(Errno.EAGAIN, "write", "netlink");
        }
    }

    // Until the acknowledgement, the error, or the end of a dump.
    private void Receive(string call, string subject, Action<MessageHead, ReadOnlySpan<byte>> take)
    {
        while (true)
        {
            var length = Descriptors.TryRead(_socket, _buffer);
            if (length < 0)
            {
                throw new LinuxException(Errno.EAGAIN, call, subject, "the kernel does not answer");
            }

            var rest = _buffer.AsSpan(0, length);
            while (rest.Length >= Marshal.SizeOf<MessageHead>())
            {
                var head = MemoryMarshal.Read<MessageHead>(rest);
                if (head.Length < Marshal.SizeOf<MessageHead>() || head.Length > rest.Length)
                {
                    throw new LinuxException(Errno.EMSGSIZE, call, subject);
                }

                var content = rest[Marshal.SizeOf<MessageHead>()..(int)head.Length];
                rest = rest[Math.Min(rest.Length, NetlinkMessage.Align((int)head.Length))..];
                if (head.Sequence != _sequence)
                {
                    // Left by an earlier request that has failed.
                    continue;
                }

                if (head.Type is NetlinkNumbers.Error or NetlinkNumbers.Done)
                {
                    var errno = content.Length >= sizeof(int) ? -MemoryMarshal.Read<int>(content) : 0;
                    if (errno > 0)
                    {
                        throw new LinuxException(errno, call, subject);
                    }

                    return;
                }

                take(head, content);
            }
        }
    }
}

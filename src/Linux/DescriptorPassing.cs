using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>
/// Bytes and descriptors over a Unix stream socket (SCM_RIGHTS of unix(7)). Descriptors travel with the first byte of a send and arrive with
/// the receive that reads this byte.
/// </summary>
public static class DescriptorPassing
{
    /// <summary>The most descriptors in one send; a receive that is given more fails.</summary>
    public const int MaxDescriptors = 200;

    private const int ControlHeaderSize = 16;
    private const int ControlCapacity = ControlHeaderSize + (MaxDescriptors * sizeof(int));

    /// <summary>Sends all of <paramref name="bytes"/>, with descriptors that the caller still owns. One sender at a time.</summary>
    public static async ValueTask SendAsync(SafeHandle socket, ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellation)
    {
        if (descriptors.Count > MaxDescriptors)
        {
            throw new ArgumentException($"{descriptors.Count} descriptors in one message, at most {MaxDescriptors} are allowed", nameof(descriptors));
        }

        if (bytes.IsEmpty && descriptors.Count > 0)
        {
            throw new ArgumentException("descriptors need at least one byte to travel with", nameof(bytes));
        }

        while (!bytes.IsEmpty)
        {
            cancellation.ThrowIfCancellationRequested();
            var sent = TrySend(socket, bytes.Span, descriptors);
            if (sent < 0)
            {
                await DescriptorPoller.WaitWritableAsync(socket, cancellation).ConfigureAwait(false);
                continue;
            }

            bytes = bytes[sent..];
            descriptors = [];
        }
    }

    /// <summary>
    /// Receives at least one byte; 0 at the end of the stream. Arriving descriptors are added to <paramref name="descriptors"/> and
    /// owned by the caller.
    /// </summary>
    /// <exception cref="LinuxException">Among others EMSGSIZE: the message carried more descriptors than allowed, or than this process may open.
    /// All of them are closed.</exception>
    public static async ValueTask<int> ReceiveAsync(SafeHandle socket, Memory<byte> buffer, IList<SafeFileHandle> descriptors, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var received = TryReceive(socket, buffer.Span, descriptors);
            if (received >= 0)
            {
                return received;
            }

            await DescriptorPoller.WaitReadableAsync(socket, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The same as <see cref="ReceiveAsync"/> for a program of one thread: it waits on the calling thread, without limit, so the peer has to end the stream.
    /// </summary>
    public static int Receive(SafeHandle socket, Span<byte> buffer, IList<SafeFileHandle> descriptors)
    {
        while (true)
        {
            var received = TryReceive(socket, buffer, descriptors);
            if (received >= 0)
            {
                return received;
            }

            _ = BlockingStreams.WaitReadable(socket, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>The same as <see cref="SendAsync"/> for a program of one thread, and a message that the socket's buffer has room for.</summary>
    public static void Send(SafeHandle socket, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        if (TrySend(socket, bytes, descriptors) != bytes.Length)
        {
            throw new LinuxException(Errno.EAGAIN, "sendmsg", "socket");
        }
    }

    /// <summary>The bytes sent, or -1 when the socket takes none now.</summary>
    internal static unsafe int TrySend(SafeHandle socket, ReadOnlySpan<byte> bytes, IReadOnlyList<SafeHandle> descriptors)
    {
        var control = stackalloc byte[ControlCapacity];
        var held = 0;
        try
        {
            // SAFETY: each counted handle is kept open by its reference until the call has returned.
            for (; held < descriptors.Count; held++)
            {
                var added = false;
                descriptors[held].DangerousAddRef(ref added);
                ((int*)(control + ControlHeaderSize))[held] = (int)descriptors[held].DangerousGetHandle();
            }

            // SAFETY: the buffers outlive the call; the control buffer holds its header and MaxDescriptors numbers.
            fixed (byte* data = bytes)
            {
                var vector = new IoVector { Base = data, Length = (nuint)bytes.Length };
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
                if (descriptors.Count > 0)
                {
                    var length = (nuint)(ControlHeaderSize + (descriptors.Count * sizeof(int)));
                    *(ControlHeader*)control = new ControlHeader { Length = length, Level = Constants.SolSocket, Type = Constants.ScmRights };
                    message.Control = control;
                    message.ControlLength = length;
                }

                return Result(LibC.sendmsg(socket, &message, Constants.MsgDontWait | Constants.MsgNoSignal), "sendmsg");
            }
        }
        finally
        {
            while (held > 0)
            {
                descriptors[--held].DangerousRelease();
            }
        }
    }

    /// <summary>The bytes received, or -1 when there are none yet.</summary>
    private static unsafe int TryReceive(SafeHandle socket, Span<byte> buffer, IList<SafeFileHandle> descriptors)
    {
        var control = stackalloc byte[ControlCapacity];
        // SAFETY: the buffers outlive the call, and the kernel writes no more than the lengths say.
        fixed (byte* data = buffer)
        {
            var vector = new IoVector { Base = data, Length = (nuint)buffer.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlCapacity };
            var received = Result(LibC.recvmsg(socket, &message, Constants.MsgDontWait | Constants.MsgCloseOnExec), "recvmsg");
            if (received < 0)
            {
                return received;
            }

            var came = TakeDescriptors(control, (int)message.ControlLength);
            if ((message.Flags & Constants.MsgControlTruncated) != 0)
            {
                came.ForEach(descriptor => descriptor.Dispose());
                throw new LinuxException(Errno.EMSGSIZE, "recvmsg", "descriptors");
            }

            came.ForEach(descriptors.Add);
            return received;
        }
    }

    private static unsafe List<SafeFileHandle> TakeDescriptors(byte* control, int length)
    {
        var taken = new List<SafeFileHandle>();
        // SAFETY: the kernel wrote whole control messages of 8-byte alignment into the first `length` bytes.
        for (var at = 0; at + ControlHeaderSize <= length;)
        {
            var header = (ControlHeader*)(control + at);
            var end = Math.Min(at + (int)header->Length, length);
            if (header->Level == Constants.SolSocket && header->Type == Constants.ScmRights)
            {
                for (var number = at + ControlHeaderSize; number + sizeof(int) <= end; number += sizeof(int))
                {
                    taken.Add(LibC.Own(*(int*)(control + number)));
                }
            }

            at += Math.Max(((int)header->Length + 7) & ~7, ControlHeaderSize);
        }

        return taken;
    }

    private static int Result(nint transferred, string call)
    {
        if (transferred >= 0)
        {
            return (int)transferred;
        }

        var failure = LinuxException.Last(call, "socket");
        return failure.Errno is Errno.EAGAIN or Errno.EINTR ? -1 : throw failure;
    }
}

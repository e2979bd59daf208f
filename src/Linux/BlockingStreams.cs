using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// read(2) and write(2) at the descriptor's own file position, for streams that are shared with other processes. They block the calling
/// thread, also when someone has made the open file non-blocking.
/// </summary>
public static class BlockingStreams
{
    private const short PollIn = 1;
    private const short PollOut = 4;

    /// <summary>Reads at least one byte; 0 at the end.</summary>
    public static unsafe int Read(SafeHandle descriptor, Span<byte> buffer)
    {
        while (true)
        {
            nint got;
            // SAFETY: the kernel writes no more than the span's length.
            fixed (byte* start = buffer)
            {
                got = LibC.read(descriptor, start, buffer.Length);
            }

            if (got >= 0)
            {
                return (int)got;
            }

            WaitUnlessFailed(descriptor, PollIn, "read");
        }
    }

    /// <summary>Writes all bytes.</summary>
    public static unsafe void Write(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint put;
            // SAFETY: the kernel reads no more than the span's length.
            fixed (byte* start = bytes)
            {
                put = LibC.write(descriptor, start, bytes.Length);
            }

            if (put >= 0)
            {
                bytes = bytes[(int)put..];
                continue;
            }

            WaitUnlessFailed(descriptor, PollOut, "write");
        }
    }

    private static unsafe void WaitUnlessFailed(SafeHandle descriptor, short events, string call)
    {
        var failure = LinuxException.Last(call, "stream");
        if (failure.Errno == Errno.EINTR)
        {
            return;
        }

        if (failure.Errno != Errno.EAGAIN)
        {
            throw failure;
        }

        var added = false;
        try
        {
            // SAFETY: the reference keeps the number valid during the call, and the entry lives on this stack.
            descriptor.DangerousAddRef(ref added);
            var entry = new LibC.PollEntry { Descriptor = (int)descriptor.DangerousGetHandle(), Events = events };
            _ = LibC.poll(&entry, 1, -1);
        }
        finally
        {
            if (added)
            {
                descriptor.DangerousRelease();
            }
        }
    }
}

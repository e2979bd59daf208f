using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>
/// Reading and writing at the descriptor's own file position, for streams that are shared with other processes. The calls block their thread,
/// even when the open file is non-blocking, and use no other thread.
/// </summary>
public static class BlockingStreams
{
    private const short PollIn = 1;
    private const short PollOut = 4;

    /// <summary>Reads at least one byte; 0 at the end.</summary>
    public static int Read(SafeHandle descriptor, Span<byte> buffer)
    {
        while (true)
        {
            var got = Descriptors.TryRead(descriptor, buffer);
            if (got >= 0)
            {
                return got;
            }

            WaitReadable(descriptor, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Writes all bytes.</summary>
    public static void Write(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var put = Descriptors.TryWrite(descriptor, bytes);
            if (put >= 0)
            {
                bytes = bytes[put..];
            }
            else
            {
                WaitWritable(descriptor, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Waits until a read would not wait (bytes, the end, or an error). False when the time has passed, or a signal came.</summary>
    public static bool WaitReadable(SafeHandle descriptor, TimeSpan timeout) => Wait([descriptor], PollIn, timeout);

    /// <summary>The same for the first of several descriptors that is ready.</summary>
    public static bool WaitReadable(ReadOnlySpan<SafeHandle> descriptors, TimeSpan timeout) => Wait(descriptors, PollIn, timeout);

    /// <summary>Waits until a write would not wait (room, or an error). False when the time has passed, or a signal came.</summary>
    public static bool WaitWritable(SafeHandle descriptor, TimeSpan timeout) => Wait([descriptor], PollOut, timeout);

    private static unsafe bool Wait(ReadOnlySpan<SafeHandle> descriptors, short events, TimeSpan timeout)
    {
        var milliseconds = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
        var entries = stackalloc LibC.PollEntry[descriptors.Length];
        var held = 0;
        try
        {
            // SAFETY: the references keep the numbers valid during the call, and the entries live on this stack.
            for (var added = false; held < descriptors.Length; held++, added = false)
            {
                descriptors[held].DangerousAddRef(ref added);
                entries[held] = new LibC.PollEntry { Descriptor = (int)descriptors[held].DangerousGetHandle(), Events = events };
            }

            var ready = LibC.poll(entries, (ulong)held, milliseconds);
            if (ready >= 0)
            {
                return ready > 0;
            }

            var failure = LinuxException.Last("poll", "stream");
            return failure.Errno == Errno.EINTR ? false : throw failure;
        }
        finally
        {
            while (held > 0)
            {
                descriptors[--held].DangerousRelease();
            }
        }
    }
}

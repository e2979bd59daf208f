using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;
using static Tmds.Linux.LibC;

namespace KataActors.Linux;

/// <summary>Opening, duplicating and connecting file descriptors. Every new descriptor is close-on-exec and owned by the caller.</summary>
public static class Descriptors
{
    /// <summary>open(2) with <c>O_CLOEXEC</c> added. <paramref name="mode"/> counts for files that the call creates.</summary>
    public static SafeFileHandle Open(string path, OpenFlags flags, uint mode = 0)
    {
        var fd = LibC.open(path, (int)(flags | OpenFlags.CloseOnExec), mode);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open", path);
    }

    /// <summary>The same; null after any error.</summary>
    public static SafeFileHandle? TryOpen(string path, OpenFlags flags)
    {
        var fd = LibC.open(path, (int)(flags | OpenFlags.CloseOnExec), 0);
        return fd >= 0 ? LibC.Own(fd) : null;
    }

    /// <summary>Opens the file of an <c>O_PATH</c> descriptor, even when its name has changed.</summary>
    /// <param name="place">The descriptor.</param>
    /// <param name="flags">As for open(2).</param>
    /// <param name="name">Its name in error messages.</param>
    public static SafeFileHandle Reopen(SafeHandle place, OpenFlags flags, string name)
    {
        var fd = LibC.open($"/proc/self/fd/{place.DangerousGetHandle()}", (int)(flags | OpenFlags.CloseOnExec), 0);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open", name);
    }

    /// <summary>A duplicate with a number of at least <paramref name="lowest"/>.</summary>
    public static SafeFileHandle Duplicate(SafeHandle descriptor, int lowest = 3)
    {
        var fd = LibC.fcntl(descriptor, Constants.DuplicateCloseOnExec, lowest);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("fcntl", "descriptor");
    }

    /// <summary>A pipe.</summary>
    public static unsafe (SafeFileHandle Read, SafeFileHandle Write) Pipe()
    {
        var ends = stackalloc int[2];
        // SAFETY: the kernel writes two numbers.
        return pipe2(ends, O_CLOEXEC) == 0
            ? (LibC.Own(ends[0]), LibC.Own(ends[1]))
            : throw LinuxException.Last("pipe2", "pipe");
    }

    /// <summary>Makes reads and writes return at once instead of waiting, for all users of the open file.</summary>
    public static void SetNonBlocking(SafeHandle descriptor)
    {
        var flags = LibC.fcntl(descriptor, GuestConstants.GetStatusFlags, 0);
        if (flags < 0 || LibC.fcntl(descriptor, GuestConstants.SetStatusFlags, flags | (int)OpenFlags.NonBlocking) < 0)
        {
            throw LinuxException.Last("fcntl", "descriptor");
        }
    }

    /// <summary>Moves to the first byte of a file, for all users of the open file; returns its length.</summary>
    public static long Rewind(SafeHandle file)
    {
        const int FromStart = 0, FromEnd = 2;
        var length = LibC.lseek(file, 0, FromEnd);
        return length >= 0 && LibC.lseek(file, 0, FromStart) == 0 ? length : throw LinuxException.Last("lseek", "file");
    }

    /// <summary>read(2): the bytes read, 0 at the end, or -1 when a non-blocking descriptor has none now.</summary>
    public static unsafe int TryRead(SafeHandle descriptor, Span<byte> buffer)
    {
        // SAFETY: the kernel writes no more than the length says.
        fixed (byte* first = buffer)
        {
            return Result(LibC.ReadFile(descriptor, first, (nuint)buffer.Length), "read");
        }
    }

    /// <summary>write(2): the bytes written, or -1 when a non-blocking descriptor takes none now.</summary>
    public static unsafe int TryWrite(SafeHandle descriptor, ReadOnlySpan<byte> bytes)
    {
        // SAFETY: the kernel reads no more than the length says.
        fixed (byte* first = bytes)
        {
            return Result(LibC.WriteFile(descriptor, first, (nuint)bytes.Length), "write");
        }
    }

    private static int Result(nint transferred, string call)
    {
        if (transferred >= 0)
        {
            return (int)transferred;
        }

        var failure = LinuxException.Last(call, "descriptor");
        return failure.Errno is Errno.EAGAIN or Errno.EINTR ? -1 : throw failure;
    }
}

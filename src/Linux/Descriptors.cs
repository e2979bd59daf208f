using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>Opening, duplicating and connecting file descriptors. Every descriptor that is made here is close-on-exec and owned by the caller.</summary>
public static class Descriptors
{
    /// <summary>open(2) with <c>O_CLOEXEC</c> added. <paramref name="mode"/> counts for files that the call creates.</summary>
    public static SafeFileHandle Open(string path, int flags, uint mode = 0)
    {
        var fd = LibC.open(path, flags | Constants.OpenCloseOnExec, mode);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("open", path);
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
        return LibC.pipe2(ends, Constants.OpenCloseOnExec) == 0
            ? (LibC.Own(ends[0]), LibC.Own(ends[1]))
            : throw LinuxException.Last("pipe2", "pipe");
    }
}

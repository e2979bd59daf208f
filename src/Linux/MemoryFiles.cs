using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>Files that live in memory only, without a path (memfd_create(2)).</summary>
public static class MemoryFiles
{
    /// <summary>An empty file that grows as it is written to. It lives as long as a descriptor of it.</summary>
    /// <param name="name">Shown in /proc/PID/fd as <c>/memfd:name</c>.</param>
    public static SafeFileHandle Create(string name) => Create(name, Constants.MemfdCloseOnExec);

    /// <summary>
    /// A file of exactly <paramref name="bytes"/> zero bytes that can neither grow nor shrink: a write past its end, through any
    /// descriptor, fails with EPERM. It lives as long as a descriptor of it.
    /// </summary>
    /// <param name="name">Shown in /proc/PID/fd as <c>/memfd:name</c>.</param>
    /// <param name="bytes">Its size.</param>
    public static SafeFileHandle CreateFixedSize(string name, long bytes)
    {
        var file = Create(name, Constants.MemfdCloseOnExec | Constants.MemfdAllowSealing);
        if (LibC.ftruncate(file, bytes) == 0
            && LibC.fcntl(file, Constants.AddSeals, Constants.SealSeals | Constants.SealShrink | Constants.SealGrow) == 0)
        {
            return file;
        }

        var failure = LinuxException.Last("fcntl", name);
        file.Dispose();
        throw failure;
    }

    private static SafeFileHandle Create(string name, uint flags)
    {
        var fd = LibC.memfd_create(name, flags);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("memfd_create", name);
    }
}

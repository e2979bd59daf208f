using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>
/// An exclusive lock between processes (flock(2)) on a file that is created when missing, and never removed: removing it would let two
/// holders lock two different files. The kernel drops the lock when the holder dies.
/// </summary>
public sealed class FileLock : IDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Waits for the lock.</summary>
    /// <exception cref="TimeoutException">Another process held it until <paramref name="timeout"/> had passed.</exception>
    /// <exception cref="LinuxException">The file cannot be opened.</exception>
    public static async Task<FileLock> AcquireAsync(string path, TimeSpan timeout, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            cancellation.ThrowIfCancellationRequested();
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            if (Environment.TickCount64 + (long)pause.TotalMilliseconds >= end)
            {
                throw new TimeoutException($"lock \"{path}\" is held by another process");
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The lock, or null when another process holds it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        var file = RegularFile.OpenOrCreate(path, OpenFlags.ReadWrite | OpenFlags.NoFollow, 0b110_000_000);
        if (LibC.flock(file, Constants.LockExclusive | Constants.LockNonBlocking) == 0)
        {
            return new FileLock(file);
        }

        var failure = LinuxException.Last("flock", path);
        file.Dispose();
        return failure.Errno is Errno.EAGAIN or Errno.EINTR ? null : throw failure;
    }

    /// <summary>Releases the lock.</summary>
    public void Dispose() => _file.Dispose();
}

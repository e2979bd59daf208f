using System.Runtime.InteropServices;
using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>A handle on one process that never refers to another one (pidfd_open(2)). The owner disposes it; that does not touch the process.</summary>
public sealed class Pidfd : IDisposable
{
    private readonly SafeFileHandle _handle;

    private Pidfd(SafeFileHandle handle, int pid)
    {
        _handle = handle;
        Pid = pid;
    }

    /// <summary>The process id.</summary>
    public int Pid { get; }

    /// <summary>The descriptor, for setns(2); it stays owned by this object.</summary>
    public SafeHandle Handle => _handle;

    /// <summary>A handle on that process, or null when it is gone (a zombie still has one), or belongs to another boot.</summary>
    /// <exception cref="LinuxException">It is unknown whether it exists.</exception>
    public static Pidfd? TryOpen(ProcessIdentity identity)
    {
        var pidfd = TryOpen(identity.Pid);
        try
        {
            // Checked after the open: from then on no process of the same number can take its place.
            if (pidfd is not null && ProcessIdentity.TryRead(identity.Pid) == identity)
            {
                var found = pidfd;
                pidfd = null;
                return found;
            }

            return null;
        }
        finally
        {
            pidfd?.Dispose();
        }
    }

    /// <summary>A handle on an unreaped child of this process, whose number cannot be reused.</summary>
    public static Pidfd OpenChild(int pid) => TryOpen(pid) ?? throw new LinuxException(Errno.ESRCH, "pidfd_open", $"process {pid}");

    /// <summary>A handle that was made elsewhere, which it takes over.</summary>
    public static Pidfd Take(SafeFileHandle handle, int pid) => new(handle, pid);

    /// <summary>Sends a signal. False when the process has ended and been reaped.</summary>
    public bool Signal(int signal)
    {
        if (LibC.pidfd_send_signal(Constants.SysPidfdSendSignal, _handle, signal, 0, 0) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("pidfd_send_signal", $"process {Pid}");
        return failure.Errno == Errno.ESRCH ? false : throw failure;
    }

    /// <summary>A duplicate of one of the process's descriptors (pidfd_getfd(2)), owned by the caller. Takes the right to trace the process.</summary>
    public SafeFileHandle TakeDescriptor(int number)
    {
        var fd = LibC.pidfd_getfd(Constants.SysPidfdGetfd, _handle, number, 0);
        return fd >= 0 ? LibC.Own(fd) : throw LinuxException.Last("pidfd_getfd", $"descriptor {number} of process {Pid}");
    }

    /// <summary>Completes when the process has ended, child or not. The wait continues when this handle is disposed meanwhile.</summary>
    public Task WaitForExitAsync(CancellationToken cancellation) => DescriptorPoller.WaitReadableAsync(_handle, cancellation);

    /// <summary>Reaps the process: its exit, or null while it runs or when it is not an unreaped child of this process.</summary>
    public unsafe ProcessExit? TryReap()
    {
        var info = default(SignalInfo);
        // SAFETY: the kernel fills at most the 128 bytes of siginfo_t.
        if (LibC.waitid(Constants.WaitByPidfd, _handle, &info, Constants.WaitExited | Constants.WaitNoHang) != 0)
        {
            var failure = LinuxException.Last("waitid", $"process {Pid}");
            return failure.Errno == Errno.ECHILD ? null : throw failure;
        }

        if (info.Pid == 0)
        {
            return null;
        }

        return info.Code == Constants.ChildExited ? new ProcessExit(info.Status, null) : new ProcessExit(null, info.Status);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static Pidfd? TryOpen(int pid)
    {
        var fd = LibC.pidfd_open(Constants.SysPidfdOpen, pid, 0);
        if (fd >= 0)
        {
            return new Pidfd(LibC.Own(fd), pid);
        }

        var failure = LinuxException.Last("pidfd_open", $"process {pid}");
        // EINVAL and ENOENT: the number belongs to a thread that is not a process leader, so the process of that number is gone.
        return failure.Errno is Errno.ESRCH or Errno.EINVAL or Errno.ENOENT ? null : throw failure;
    }
}

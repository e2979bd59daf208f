using System.Runtime.InteropServices;
using KataActors.Agent.Boot;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Containers;

/// <summary>A child process of the agent: reaps it and keeps its exit status.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Pidfd _pidfd;
    private readonly TaskCompletionSource<ProcessExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Watches a child that was just spawned, and takes over the handle.</summary>
    internal ChildProcess(Pidfd pidfd)
    {
        _pidfd = pidfd;
        _ = WatchAsync();
    }

    internal int Pid => _pidfd.Pid;

    /// <summary>The descriptor, for setns(2); it stays owned by this object.</summary>
    internal SafeHandle Handle => _pidfd.Handle;

    /// <summary>How the process ended, once it did.</summary>
    internal Task<ProcessExit> Exit => _exit.Task;

    /// <summary>A duplicate of one of its descriptors.</summary>
    internal SafeFileHandle TakeDescriptor(int number) => _pidfd.TakeDescriptor(number);

    /// <summary>Sends a signal; false when the process has ended.</summary>
    internal bool Signal(int signal) => !Exit.IsCompleted && _pidfd.Signal(signal);

    /// <summary>Frees the handle of an ended process.</summary>
    public void Dispose() => _pidfd.Dispose();

    private async Task WatchAsync()
    {
        try
        {
            await _pidfd.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            _exit.SetResult(_pidfd.TryReap() ?? throw new LinuxException(Errno.ECHILD, "waitid", $"process {Pid}"));
        }
        catch (LinuxException failure)
        {
            KernelLog.Error(failure.Message);
            _exit.SetException(failure);
        }
    }
}

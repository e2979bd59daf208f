using KataActors.Agent.Boot;
using KataActors.Linux;

namespace KataActors.Agent.Containers;

/// <summary>A child process of the agent: it is reaped here, and how it ended is kept.</summary>
internal sealed class ContainerProcess : IDisposable
{
    private readonly Pidfd _pidfd;
    private readonly TaskCompletionSource<ProcessExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Watches a child that was just spawned; the handle becomes its own.</summary>
    internal ContainerProcess(Pidfd pidfd)
    {
        _pidfd = pidfd;
        _ = WatchAsync();
    }

    internal int Pid => _pidfd.Pid;

    /// <summary>How the process ended, once it did.</summary>
    internal Task<ProcessExit> Exit => _exit.Task;

    /// <summary>Sends a signal; false when the process has ended.</summary>
    internal bool Signal(int signal) => !Exit.IsCompleted && _pidfd.Signal(signal);

    /// <summary>Lets go of a process that has ended.</summary>
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

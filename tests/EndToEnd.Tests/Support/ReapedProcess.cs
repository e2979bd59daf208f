namespace KataActors.EndToEnd.Tests.Support;

/// <summary>A stand-in whose pid is in a pid-file, watched by the process that became its parent.</summary>
internal sealed class ReapedProcess : IDisposable
{
    private readonly Pidfd _pidfd;

    private ReapedProcess(Pidfd pidfd) => _pidfd = pidfd;

    public int Pid => _pidfd.Pid;

    public bool IsRunning => ProcessIdentity.TryRead(Pid)?.IsAlive() ?? false;

    public static ReapedProcess FromPidFile(string path) => new(Pidfd.OpenChild(int.Parse(File.ReadAllText(path))));

    /// <summary>Waits for its end; the result is its exit code.</summary>
    public async Task<int> ExitCodeAsync(TimeSpan? limit = null)
    {
        using var deadline = new CancellationTokenSource(limit ?? Eventually.Deadline);
        await _pidfd.WaitForExitAsync(deadline.Token);
        return _pidfd.TryReap()!.Value.Status;
    }

    public void Signal(int signal) => _pidfd.Signal(signal);

    public void Dispose() => _pidfd.Dispose();
}

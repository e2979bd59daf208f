using System.Diagnostics;
using System.Runtime.InteropServices;
using KataActors.Linux;

namespace KataActors.Bench;

/// <summary>A program that runs as a child of this process until it ends or is disposed.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(10);
    private static readonly string[] s_environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"];

    private readonly Pidfd _pidfd;
    private ProcessExit? _exit;

    private ChildProcess(Pidfd pidfd) => _pidfd = pidfd;

    public static ChildProcess Start(IReadOnlyList<string> arguments, params IReadOnlyList<SafeHandle?> descriptors) =>
        new(ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = arguments[0],
            Arguments = arguments,
            Environment = s_environment,
            Descriptors = descriptors,
            NewSession = true,
        }));

    /// <summary>Runs a command to its end and returns how long that took, from before its start.</summary>
    /// <exception cref="BenchException">It failed, or did not end in time.</exception>
    public static async Task<TimeSpan> TimeAsync(
        IReadOnlyList<string> arguments, OutputFile errors, CancellationToken cancellation, SafeHandle? input = null, SafeHandle? output = null)
    {
        var begin = Stopwatch.GetTimestamp();
        await using var child = Start(arguments, input, output, errors.Handle);
        var exit = await child.WaitAsync(cancellation).ConfigureAwait(false);
        var elapsed = Stopwatch.GetElapsedTime(begin);
        return exit == 0
            ? elapsed
            : throw new BenchException($"\"{string.Join(' ', arguments)}\" ended with {exit}: {errors.Text.Trim()}");
    }

    /// <summary>Runs a command to its end and returns its exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, OutputFile errors, CancellationToken cancellation)
    {
        await using var child = Start(arguments, null, null, errors.Handle);
        return await child.WaitAsync(cancellation).ConfigureAwait(false);
    }

    public int Pid => _pidfd.Pid;

    public bool HasExited => Reap() is not null;

    /// <summary>SIGTERM, and SIGKILL when that has no effect.</summary>
    public async Task TerminateAsync()
    {
        _ = _pidfd.Signal(Signals.SIGTERM);
        try
        {
            await _pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(s_farewell).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Disposing kills it.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Reap() is null)
        {
            _ = _pidfd.Signal(Signals.SIGKILL);
            await _pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(s_farewell).ConfigureAwait(false);
            Reap();
        }

        _pidfd.Dispose();
    }

    private async Task<int> WaitAsync(CancellationToken cancellation)
    {
        await _pidfd.WaitForExitAsync(cancellation).WaitAsync(Limits.Command, cancellation).ConfigureAwait(false);
        return Reap()!.Value.Status;
    }

    private ProcessExit? Reap() => _exit ??= _pidfd.TryReap();
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KataActors.Runtime.Hosting;

/// <summary>Ends the host when the actors say so, and remembers why.</summary>
internal sealed partial class DaemonLifetime(IHostApplicationLifetime host, ILogger<DaemonLifetime> log) : IDaemonLifetime
{
    private string? _failure;

    /// <summary>Why the daemon failed; null when it did not.</summary>
    public string? Failure => _failure;

    /// <inheritdoc/>
    public void Listening() => LogListening(Environment.ProcessId, Environment.TickCount64 - StartedAt());

    /// <inheritdoc/>
    public void Idle()
    {
        LogIdle();
        host.StopApplication();
    }

    /// <inheritdoc/>
    public void Fail(string reason)
    {
        Interlocked.CompareExchange(ref _failure, reason, null);
        LogFailed(reason);
        host.StopApplication();
    }

    private static long StartedAt() =>
        Environment.TickCount64 - (long)(DateTime.Now - System.Diagnostics.Process.GetCurrentProcess().StartTime).TotalMilliseconds;

    [LoggerMessage(LogLevel.Information, "process {Pid} listens, {Milliseconds} ms after its start")]
    private partial void LogListening(int pid, long milliseconds);

    [LoggerMessage(LogLevel.Information, "nothing to do: the daemon exits")]
    private partial void LogIdle();

    [LoggerMessage(LogLevel.Error, "{Reason}: the daemon exits")]
    private partial void LogFailed(string reason);
}

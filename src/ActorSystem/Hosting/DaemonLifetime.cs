using System.Globalization;
using KataActors.Linux;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KataActors.Runtime.Hosting;

/// <summary>Ends the host when the actors say so, and remembers why.</summary>
internal sealed partial class DaemonLifetime(IHostApplicationLifetime host, ILogger<DaemonLifetime> log) : IDaemonLifetime
{
    private string? _failure;

    /// <summary>Why the daemon failed; null when it did not.</summary>
    public string? Failure => _failure;

    /// <summary>Says what the host lets this process have.</summary>
    public void Starting() => LogStarting(Environment.ProcessId, ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft);

    /// <inheritdoc/>
    public void Listening() => LogListening(Environment.ProcessId, MillisecondsSinceStart());

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

    // Of this process; from proc_pid_stat(5) in hundredths of a second, like proc_uptime(5) counted from boot.
    private static long MillisecondsSinceStart()
    {
        const int millisecondsPerTick = 10;
        var uptime = double.Parse(File.ReadAllText("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture);
        var start = ProcessIdentity.TryRead(Environment.ProcessId)?.StartTime ?? 0;
        return (long)(uptime * 1000) - ((long)start * millisecondsPerTick);
    }

    [LoggerMessage(LogLevel.Information, "process {Pid} starts; it may have {OpenFiles} descriptors open")]
    private partial void LogStarting(int pid, ulong openFiles);

    [LoggerMessage(LogLevel.Information, "process {Pid} listens, {Milliseconds} ms after its start")]
    private partial void LogListening(int pid, long milliseconds);

    [LoggerMessage(LogLevel.Information, "nothing to do: the daemon exits")]
    private partial void LogIdle();

    [LoggerMessage(LogLevel.Error, "{Reason}: the daemon exits")]
    private partial void LogFailed(string reason);
}

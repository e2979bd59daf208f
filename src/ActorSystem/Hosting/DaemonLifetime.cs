using System.Globalization;
using KataActors.Linux;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KataActors.Runtime.Hosting;

/// <summary>Ends the host on a request of the actors, and remembers the cause.</summary>
internal sealed partial class DaemonLifetime(
    IHostApplicationLifetime host, RunDirectory runDirectory, DaemonOptions options, ILogger<DaemonLifetime> log) : IDaemonLifetime
{
    private string? _failure;

    /// <summary>Why the daemon failed; null for no failure.</summary>
    public string? Failure => _failure;

    /// <summary>Logs the start and the limits of this process.</summary>
    public void Starting() => LogStarting(Environment.ProcessId, ProcessLimits.Get(0, ProcessResource.OpenFiles).Soft);

    /// <summary>Records the flags now, so that a failed start leaves the predecessor's record alone. No request is served before.</summary>
    public void Listening()
    {
        try
        {
            runDirectory.Record(options.Flags);
        }
        catch (StartupException e)
        {
            Fail(e.Message);
            return;
        }

        LogListening(Environment.ProcessId, MillisecondsSinceStart());
    }

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

    // From proc_pid_stat(5), in hundredths of a second since boot, and proc_uptime(5).
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

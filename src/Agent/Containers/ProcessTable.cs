using System.Globalization;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>
/// The processes of a container. A command line is in memory of its process, which may hang on a file system of the container: one reading at a time, on
/// a thread of its own, for which callers wait a while.
/// </summary>
internal sealed class ProcessTable(ContainerCgroup cgroup)
{
    // The host takes 64 KiB.
    private const int MostBytes = 60 * 1024;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private Task<ListProcessesResponse>? _reading;

    /// <summary>The processes in order of their pids.</summary>
    internal async Task<ListProcessesResponse> ReadAsync(CancellationToken cancellation)
    {
        Task<ListProcessesResponse> reading;
        lock (_gate)
        {
            reading = _reading is { IsCompleted: false } ? _reading : _reading = Task.Factory.StartNew(
                () => Read(cgroup.Processes()), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        try
        {
            return await reading.WaitAsync(s_deadline, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw Failures.Late($"the processes could not be examined within {s_deadline.TotalSeconds} s");
        }
    }

    private static ListProcessesResponse Read(IEnumerable<int> pids)
    {
        var response = new ListProcessesResponse { MemoryKib = MemoryKib() };
        var (now, uptime) = (DateTimeOffset.UtcNow, UptimeMs());
        var size = 0;
        foreach (var pid in pids.Order())
        {
            if (ProcessFacts.Read(pid, now, uptime, out var parent) is not { } process)
            {
                continue;
            }

            process.Ppid = ProcessFacts.PidOf(parent);
            size += process.CalculateSize() + 8;
            if (size <= MostBytes)
            {
                response.Processes.Add(process);
            }
            else
            {
                response.LeftOut++;
            }
        }

        return response;
    }

    private static ulong MemoryKib() => KernelFiles.Read("/proc/meminfo").Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["MemTotal:", var kib, ..]
        ? ulong.Parse(kib, CultureInfo.InvariantCulture)
        : 0;

    private static ulong UptimeMs() =>
        (ulong)(decimal.Parse(KernelFiles.Read("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture) * 1000);
}

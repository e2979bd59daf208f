using System.Globalization;

namespace KataActors.Bench;

/// <summary>
/// The peaks of memory during a load: of the daemon's resident set as the kernel keeps it (VmHWM of proc_pid_status(5)), of the agent's resident set
/// and of the host's processes of the load by samples.
/// </summary>
internal sealed class PeakMemory
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    // How runc's copy of itself in memory is called, which becomes the container's process.
    private const string RuncCopy = "/memfd:runc_cloned:/proc/self/exe";

    private PeakMemory()
    {
    }

    /// <summary>The daemon's, in KiB; 0 for the peer.</summary>
    public ulong DaemonKib { get; private set; }

    /// <summary>The agent's, in KiB; 0 for the peer.</summary>
    public ulong AgentKib { get; private set; }

    /// <summary>The sum of the proportional set sizes of commands and stand-ins, in KiB.</summary>
    public ulong ProcessesKib { get; private set; }

    /// <summary>Runs our load and takes its peaks.</summary>
    public static async Task<PeakMemory> OfOursAsync(Daemon daemon, Sandbox sandbox, Func<Task> load, CancellationToken cancellation)
    {
        const string ResetPeak = "5";
        await File.WriteAllTextAsync($"/proc/{daemon.Pid.ToString(CultureInfo.InvariantCulture)}/clear_refs", ResetPeak, cancellation).ConfigureAwait(false);
        var peak = await OfAsync(daemon.Programs, load, () => sandbox.InspectAsync(cancellation), cancellation).ConfigureAwait(false);
        peak.DaemonKib = ProcessMemory.PeakKib(daemon.Pid);
        return peak;
    }

    /// <summary>Runs a load of runc and takes its peaks.</summary>
    public static Task<PeakMemory> OfPeersAsync(Func<Task> load, CancellationToken cancellation) =>
        OfAsync([RuncContainer.Program, RuncCopy], load, null, cancellation);

    private static async Task<PeakMemory> OfAsync(
        IReadOnlyCollection<string> programs, Func<Task> load, Func<Task<SandboxDetails>>? inspect, CancellationToken cancellation)
    {
        var peak = new PeakMemory();
        for (var running = load(); ; await Task.WhenAny(running, Task.Delay(s_period, cancellation)).ConfigureAwait(false))
        {
            if (running.IsCompleted)
            {
                await running.ConfigureAwait(false);
                return peak;
            }

            peak.ProcessesKib = Math.Max(peak.ProcessesKib, ProcessMemory.PssKib(programs));
            if (inspect is not null)
            {
                peak.AgentKib = Math.Max(peak.AgentKib, (await inspect().ConfigureAwait(false)).AgentRssKib);
            }
        }
    }
}

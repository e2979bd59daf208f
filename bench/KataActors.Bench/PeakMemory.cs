using System.Globalization;

namespace KataActors.Bench;

/// <summary>The peaks of the resident sets of the daemon and of one stand-in during a stream (VmHWM of proc_pid_status(5)).</summary>
internal sealed class PeakMemory
{
    private readonly int _daemon;

    private PeakMemory(int daemon) => _daemon = daemon;

    /// <summary>In KiB.</summary>
    public ulong DaemonKib { get; private set; }

    /// <summary>In KiB.</summary>
    public ulong StandInKib { get; private set; }

    /// <summary>Resets the daemon's peak. Null for no daemon.</summary>
    public static PeakMemory? Begin(int? daemon)
    {
        if (daemon is not { } pid)
        {
            return null;
        }

        const string ResetPeak = "5";
        File.WriteAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/clear_refs", ResetPeak);
        return new PeakMemory(pid);
    }

    /// <summary>Takes the peaks so far, while the stand-in lives.</summary>
    public void Look(string pidFile)
    {
        DaemonKib = ProcessMemory.PeakKib(_daemon);
        StandInKib = ProcessMemory.PeakKib(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture));
    }
}

using System.Diagnostics;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Ends this daemon by SIGKILL at one crash point: after an event is recorded, before a command to a resource actor, or before a side effect of the factory
/// or of a teardown. Tests count through the points. It happens once: the next daemon finds the mark.
/// </summary>
/// <param name="at">Number of the crash point, counted from 1 since the daemon's start; 0 for none.</param>
/// <param name="mark">The file that records the crash.</param>
internal sealed class CrashPoints(int at, string mark)
{
    private static readonly TimeSpan s_signalDeadline = TimeSpan.FromSeconds(10);

    private int _passed;

    /// <summary>Never crashes.</summary>
    public static CrashPoints None { get; } = new(0, "");

    /// <summary>Counts a crash point, and crashes at the chosen one.</summary>
    public void Pass()
    {
        if (at > 0 && Interlocked.Increment(ref _passed) == at && !File.Exists(mark))
        {
            File.WriteAllText(mark, "");
            Process.GetCurrentProcess().Kill();
            Thread.Sleep(s_signalDeadline); // Nothing may follow until the signal has ended this process.
        }
    }
}

using System.Diagnostics;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Ends this daemon by SIGKILL at one of the points between which a sandbox's state on record and on the host differ: after each write to the journal, and
/// before each command to a resource actor. Tests count through them. It happens once: the daemon that follows finds the mark.
/// </summary>
/// <param name="at">At which point, counted from 1 since the daemon's start; 0 for none.</param>
/// <param name="mark">The file that says that it has happened.</param>
internal sealed class CrashPoints(int at, string mark)
{
    private static readonly TimeSpan s_signalDeadline = TimeSpan.FromSeconds(10);

    private int _passed;

    /// <summary>It never happens.</summary>
    public static CrashPoints None { get; } = new(0, "");

    /// <summary>A point is reached.</summary>
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

using System.Buffers.Text;

namespace KataActors.Linux;

/// <summary>
/// One particular process of this boot: a pid alone proves nothing, because it is used again. Together with <see cref="BootId"/> it
/// outlives the process that recorded it.
/// </summary>
/// <param name="Pid">The process id in the pid namespace of the mounted /proc.</param>
/// <param name="StartTime">Field 22 of proc_pid_stat(5): clock ticks since boot.</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime)
{
    private const int StartTimeAfterState = 19;

    /// <summary>The random id of this boot of the machine.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The identity of the process that has this pid now (a zombie too), or null when there is none.</summary>
    public static ProcessIdentity? TryRead(int pid) =>
        TryReadStat(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTime) : null;

    /// <summary>Whether this very process still runs. A zombie counts as dead.</summary>
    public bool IsAlive() =>
        TryReadStat(Pid) is { } stat && stat.StartTime == StartTime && stat.State is not ('Z' or 'X' or 'x');

    /// <summary>State and start time out of the text of /proc/PID/stat. The command name may hold spaces and parentheses.</summary>
    internal static (char State, ulong StartTime)? Parse(ReadOnlySpan<byte> stat)
    {
        var name = stat.LastIndexOf((byte)')');
        if (name < 0 || stat.Length < name + 3)
        {
            return null;
        }

        var fields = stat[(name + 2)..];
        var state = (char)fields[0];
        for (var i = 0; i < StartTimeAfterState; i++)
        {
            var space = fields.IndexOf((byte)' ');
            if (space < 0)
            {
                return null;
            }

            fields = fields[(space + 1)..];
        }

        return Utf8Parser.TryParse(fields, out ulong startTime, out _) ? (state, startTime) : null;
    }

    private static (char State, ulong StartTime)? TryReadStat(int pid)
    {
        try
        {
            return pid > 0 ? Parse(File.ReadAllBytes($"/proc/{pid}/stat")) : null;
        }
        catch (IOException)
        {
            // ENOENT before, or ESRCH after the file was opened: the process is gone.
            return null;
        }
    }
}

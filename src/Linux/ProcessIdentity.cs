using System.Buffers.Text;

namespace KataActors.Linux;

/// <summary>
/// The identity of one particular process: a pid alone is reused, and pid and start time are ambiguous after a reboot. With the boot id it remains
/// valid after the end of the process that recorded it, and after a reboot.
/// </summary>
/// <param name="Pid">The process id in the pid namespace of the mounted /proc.</param>
/// <param name="StartTime">Field 22 of proc_pid_stat(5): clock ticks since boot.</param>
/// <param name="Boot">The boot in which it ran, as <see cref="BootId"/> names it.</param>
public readonly record struct ProcessIdentity(int Pid, ulong StartTime, string Boot)
{
    private const int StartTimeAfterState = 19;

    private static string? s_bootId;

    /// <summary>A process of this boot.</summary>
    public ProcessIdentity(int pid, ulong startTime)
        : this(pid, startTime, BootId)
    {
    }

    /// <summary>The random id of this boot of the machine.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static string BootId => s_bootId ??= KernelFiles.Read("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The identity of the process that has this pid now (a zombie too), or null when there is none.</summary>
    /// <exception cref="LinuxException">It is unknown whether there is one.</exception>
    public static ProcessIdentity? TryRead(int pid) =>
        TryReadStat(pid) is { } stat ? new ProcessIdentity(pid, stat.StartTime) : null;

    /// <summary>Whether this very process still runs. A zombie, and a process recorded under another boot id, count as dead.</summary>
    /// <exception cref="LinuxException">It cannot be determined.</exception>
    public bool IsAlive() =>
        Boot == BootId && TryReadStat(Pid) is { } stat && stat.StartTime == StartTime && stat.State is not ('Z' or 'X' or 'x');

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

    private static (char State, ulong StartTime)? TryReadStat(int pid) => pid > 0 && ProcessFiles.TryRead(pid, "stat") is { } text
        ? Parse(text) ?? throw new LinuxException(Errno.EIO, "read", $"/proc/{pid}/stat")
        : null;
}

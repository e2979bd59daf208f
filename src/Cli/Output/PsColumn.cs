using System.Globalization;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Cli.Output;

/// <summary>A column of ps(1).</summary>
/// <param name="Heading">Its first line.</param>
/// <param name="IsNumber">Whether it is aligned to the right.</param>
/// <param name="Text">The text for a process of a guest with that much memory, in KiB.</param>
internal sealed record PsColumn(string Heading, bool IsNumber, Func<GuestProcess, ulong, string> Text)
{
    private const int LongestText = 4096;

    private static readonly Dictionary<string, PsColumn> s_columns = Named(
        (Left("USER", process => UserNames.Host.Find(process.Uid).TrimStart('#')), ["user", "uname", "euser", "ruser"]),
        (Right("UID", process => $"{process.Uid}"), ["uid", "euid", "ruid"]),
        (Right("PID", process => $"{process.Pid}"), ["pid", "tgid"]),
        (Right("PPID", process => $"{process.Ppid}"), ["ppid"]),
        (Right("C", process => $"{Math.Min(99, (int)Share(process.CpuMs, process.ElapsedMs))}"), ["c"]),
        (Right("%CPU", process => Percent(process.CpuMs, process.ElapsedMs)), ["%cpu", "pcpu"]),
        (new PsColumn("%MEM", true, (process, memory) => Percent(process.ResidentKib, memory)), ["%mem", "pmem"]),
        (Right("VSZ", process => $"{process.VirtualKib}"), ["vsz", "vsize"]),
        (Right("RSS", process => $"{process.ResidentKib}"), ["rss", "rsz", "rssize"]),
        (Left("TT", process => Terminal(process.Tty)), ["tt", "tty", "tname"]),
        (Left("S", process => Printable(process.State)), ["s", "state"]),
        (Left("STAT", Status), ["stat"]),
        (Right("NI", process => $"{process.Nice}"), ["ni", "nice"]),
        (Right("NLWP", process => $"{process.Threads}"), ["nlwp", "thcount"]),
        (Right("STIME", Start), ["stime", "start_time"]),
        (Right("START", Start), ["start", "bsdstart"]),
        (Left("STARTED", process => Time(process.StartUnixMs).ToString("ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture)), ["lstart"]),
        (Right("ELAPSED", process => Span(process.ElapsedMs, @"mm\:ss")), ["etime"]),
        (Right("ELAPSED", process => $"{process.ElapsedMs / 1000}"), ["etimes"]),
        (Right("TIME", process => Span(process.CpuMs, @"hh\:mm\:ss")), ["time", "cputime"]),
        (Right("TIME", process => $"{process.CpuMs / 60_000}:{process.CpuMs / 1000 % 60:00}"), ["bsdtime"]),
        (Left("COMMAND", process => Printable(process.Name)), ["comm", "ucmd", "ucomm"]),
        (Left("CMD", Command), ["cmd"]),
        (Left("COMMAND", Command), ["args", "command"]));

    /// <summary>The column of a name; null for none.</summary>
    public static PsColumn? Find(string name) => s_columns.GetValueOrDefault(name);

    private static PsColumn Left(string heading, Func<GuestProcess, string> text) => new(heading, false, (process, _) => text(process));

    private static PsColumn Right(string heading, Func<GuestProcess, string> text) => new(heading, true, (process, _) => text(process));

    private static Dictionary<string, PsColumn> Named(params (PsColumn Column, string[] Names)[] columns) =>
        columns.SelectMany(column => column.Names.Select(name => (name, column.Column))).ToDictionary();

    // The guest is not trusted.
    private static string Printable(string text) => PrintableText.Of(text, LongestText);

    private static string Command(GuestProcess process) => process.Command.Length > 0 ? Printable(process.Command) : $"[{Printable(process.Name)}]";

    private static string Status(GuestProcess process) =>
        $"{Printable(process.State)}{(process.Nice < 0 ? "<" : process.Nice > 0 ? "N" : "")}{(process.Threads > 1 ? "l" : "")}";

    private static double Share(ulong part, ulong whole) => whole == 0 ? 0 : 100.0 * part / whole;

    private static string Percent(ulong part, ulong whole) => Math.Min(Share(part, whole), 999).ToString("0.0", CultureInfo.InvariantCulture);

    // The hour of today's, the day of all others.
    private static string Start(GuestProcess process)
    {
        var (start, now) = (Time(process.StartUnixMs), Time(process.StartUnixMs + (long)Math.Min(process.ElapsedMs, long.MaxValue / 2)));
        return start.ToString(start.Date == now.Date ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture);
    }

    private static DateTime Time(long unixMs) => DateTime.UnixEpoch.AddMilliseconds(Math.Clamp(unixMs, 0, 253_402_300_799_000)).ToLocalTime();

    private static string Span(ulong milliseconds, string least)
    {
        var span = TimeSpan.FromMilliseconds(Math.Min(milliseconds, (ulong)int.MaxValue * 1000));
        return span.Days > 0 ? span.ToString(@"d\-hh\:mm\:ss", CultureInfo.InvariantCulture)
            : span.ToString(span.Hours > 0 ? @"hh\:mm\:ss" : least, CultureInfo.InvariantCulture);
    }

    // By the kernel's list of devices: pts/0 is 136:0, and so on.
    private static string Terminal(uint device)
    {
        var (major, minor) = ((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00));
        return major switch
        {
            >= 136 and <= 143 => $"pts/{((major - 136) << 20) | minor}",
            4 => $"tty{minor}",
            5 when minor == 1 => "console",
            _ => "?",
        };
    }
}

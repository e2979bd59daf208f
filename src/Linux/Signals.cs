using System.Globalization;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>Signal numbers and names of Linux on x86-64 (signal(7)).</summary>
public static class Signals
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGILL = 4;
    public const int SIGTRAP = 5;
    public const int SIGABRT = 6;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGKILL = 9;
    public const int SIGUSR1 = 10;
    public const int SIGSEGV = 11;
    public const int SIGUSR2 = 12;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGTTOU = 22;
    public const int SIGWINCH = 28;
    public const int SIGSYS = 31;

    /// <summary>The first real-time signal that programs may use: glibc keeps 32 and 33 for itself.</summary>
    public const int RealTimeMin = 34;

    /// <summary>The last signal.</summary>
    public const int Max = 64;

    /// <summary>The names of the signals 1 to 31, without SIG.</summary>
    public static IReadOnlyList<string> Names => s_names;

    private static readonly string[] s_names =
    [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];

    /// <summary>
    /// The number of a signal given as <c>TERM</c>, <c>SIGTERM</c>, <c>15</c>, <c>RTMIN+1</c> or <c>RTMAX-1</c>, in any case, or 0 for <c>0</c>, by which kill(2) only
    /// checks the process; null when there is no such signal.
    /// </summary>
    public static int? Parse(string text)
    {
        if (text.Length > 0 && char.IsAsciiDigit(text[0]))
        {
            return TryNumber(text, out var number) && number <= Max ? number : null;
        }

        var name = text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase) ? text[3..] : text;
        return name.ToUpperInvariant() switch
        {
            "IOT" => 6,
            "CLD" => SIGCHLD,
            "POLL" => 29,
            "UNUSED" => 31,
            "RTMIN" => RealTimeMin,
            "RTMAX" => Max,
            var upper when upper.StartsWith("RTMIN+", StringComparison.Ordinal) => RealTime(RealTimeMin, upper[6..], 1),
            var upper when upper.StartsWith("RTMAX-", StringComparison.Ordinal) => RealTime(Max, upper[6..], -1),
            var upper => Array.IndexOf(s_names, upper) is >= 0 and var index ? index + 1 : null,
        };
    }

    /// <summary>The name, such as <c>SIGTERM</c> or <c>SIGRTMIN+1</c>; the number for a signal without a name.</summary>
    public static string Name(int signal) => signal switch
    {
        >= 1 when signal <= s_names.Length => "SIG" + s_names[signal - 1],
        RealTimeMin => "SIGRTMIN",
        Max => "SIGRTMAX",
        > RealTimeMin and < Max => $"SIGRTMIN+{signal - RealTimeMin}",
        _ => signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>
    /// Restores a signal's default action. A caller may have ignored SIGCHLD, and its children inherit that, by which the exit
    /// codes of their own children are lost.
    /// </summary>
    public static void ResetToDefault(int signal)
    {
        if (LibC.signal(signal, 0) == -1)
        {
            throw LinuxException.Last("signal", Name(signal));
        }
    }

    /// <summary>Ignores a signal. Programs that <see cref="ProcessSpawner"/> starts do not inherit that.</summary>
    public static void Ignore(int signal)
    {
        const int SignalIgnored = 1;
        if (LibC.signal(signal, SignalIgnored) == -1)
        {
            throw LinuxException.Last("signal", Name(signal));
        }
    }

    /// <summary>Keeps a signal from the calling thread: one that the thread causes itself, as a write to a pipe without a reader causes SIGPIPE, reaches nobody.</summary>
    public static unsafe void BlockOnThread(int signal)
    {
        const int Block = 0;
        var set = SignalSet.Of(signal);
        // SAFETY: the call reads the set, which lives on this stack.
        if (LibC.pthread_sigmask(Block, &set, null) is not 0 and var error)
        {
            throw new LinuxException(error, "pthread_sigmask", Name(signal));
        }
    }

    private static int? RealTime(int origin, string offset, int direction) =>
        TryNumber(offset, out var distance) && distance <= Max - RealTimeMin ? origin + (direction * distance) : null;

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

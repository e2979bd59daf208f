using System.Globalization;
using System.Text;

namespace KataActors.Linux;

/// <summary>The controlling terminal of another process.</summary>
public static class ControllingTerminal
{
    private const int NumberAfterState = 4;

    /// <summary>Its size, when it is the process's stdin, too; null when the process has none, or it cannot be looked at.</summary>
    public static TerminalSize? TryReadSize(int pid)
    {
        try
        {
            if (ProcessFiles.TryRead(pid, "stat") is not { } stat || Number(stat) is not { } number)
            {
                return null;
            }

            // Only what is a terminal is opened: anything else might wait, or notice.
            var stdin = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/0");
            using var place = Descriptors.Open(stdin, OpenFlags.Path);
            if (FileStatus.Of(place) is not { Kind: FileKind.CharacterDevice, Device: var device } || device != number)
            {
                return null;
            }

            using var terminal = Descriptors.Reopen(place, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal, stdin);
            return Terminal.ReadSize(terminal);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    // tty_nr of proc_pid_stat(5): bits 31 to 20 and 7 to 0 are the minor number, 15 to 8 the major. 0: there is none.
    private static (uint Major, uint Minor)? Number(byte[] stat)
    {
        var fields = Encoding.ASCII.GetString(stat.AsSpan(stat.AsSpan().LastIndexOf((byte)')') + 1)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > NumberAfterState && int.TryParse(fields[NumberAfterState], CultureInfo.InvariantCulture, out var number) && number != 0
            ? (((uint)number >> 8) & 0xff, ((uint)number & 0xff) | (((uint)number >> 12) & 0xfff00))
            : null;
    }
}

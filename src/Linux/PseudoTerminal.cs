using KataActors.Linux.Native;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Linux;

/// <summary>The two ends of a pseudo-terminal (pty(7)). The owner disposes both; an end may be disposed alone.</summary>
public sealed record PseudoTerminal(SafeFileHandle Master, SafeFileHandle Slave) : IDisposable
{
    /// <summary>The device that makes a pair of the devpts(5) mounted beside it.</summary>
    public const string Device = "/dev/ptmx";

    private const OpenFlags Flags = OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal;

    /// <summary>A new pair of this mount namespace.</summary>
    public static PseudoTerminal Open()
    {
        var master = Descriptors.Open(Device, Flags);
        try
        {
            return Of(master);
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>The pair of a master that was just opened, whose slave is opened without its name (TIOCGPTPEER).</summary>
    public static unsafe PseudoTerminal Of(SafeFileHandle master)
    {
        var locked = 0;
        // SAFETY: the kernel reads one number.
        if (LibC.ioctl(master, TerminalConstants.SetSlaveLock, &locked) != 0)
        {
            throw LinuxException.Last("ioctl", "TIOCSPTLCK");
        }

        var slave = LibC.ioctl(master, TerminalConstants.OpenSlave, (long)(Flags | OpenFlags.CloseOnExec));
        return slave >= 0 ? new PseudoTerminal(master, LibC.Own(slave)) : throw LinuxException.Last("ioctl", "TIOCGPTPEER");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Master.Dispose();
        Slave.Dispose();
    }
}

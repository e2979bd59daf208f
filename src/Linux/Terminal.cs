using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The calls on an open terminal (ioctl_tty(2)).</summary>
public static unsafe class Terminal
{
    /// <summary>The settings; null when the descriptor is no terminal.</summary>
    public static TerminalSettings? TryReadSettings(SafeHandle descriptor)
    {
        TerminalFields fields;
        // SAFETY: the kernel writes a struct termios, which is as large as the fields.
        return LibC.ioctl(descriptor, TerminalConstants.GetSettings, &fields) == 0 ? new TerminalSettings(fields) : null;
    }

    /// <summary>
    /// Changes the settings at once. A process in the background of its own controlling terminal must have SIGTTOU blocked or ignored.
    /// </summary>
    public static void Apply(SafeHandle terminal, TerminalSettings settings)
    {
        var fields = settings.Fields;
        // SAFETY: the kernel reads a struct termios during the call.
        Check(LibC.ioctl(terminal, TerminalConstants.SetSettings, &fields), "TCSETS");
    }

    /// <summary>
    /// Waits until all output is sent (tcdrain(3)). It changes nothing, but as at each change a process in the background of its own controlling terminal
    /// is stopped by SIGTTOU until it is in the foreground, unless the signal is ignored.
    /// </summary>
    /// <exception cref="LinuxException">EIO: it is in the background, and no shell is there to bring it to the foreground.</exception>
    public static void Drain(SafeHandle terminal) => Check(LibC.ioctl(terminal, TerminalConstants.SendBreak, 1), "TCSBRK");

    /// <summary>The size.</summary>
    public static TerminalSize ReadSize(SafeHandle terminal)
    {
        WindowSize size;
        // SAFETY: the kernel writes a struct winsize.
        Check(LibC.ioctl(terminal, TerminalConstants.GetSize, &size), "TIOCGWINSZ");
        return new TerminalSize(size.Rows, size.Columns);
    }

    /// <summary>Sets the size, by either end of a pair. The processes in the foreground of the slave get SIGWINCH when it changes.</summary>
    public static void SetSize(SafeHandle terminal, TerminalSize size)
    {
        var window = new WindowSize { Rows = size.Rows, Columns = size.Columns };
        // SAFETY: the kernel reads a struct winsize.
        Check(LibC.ioctl(terminal, TerminalConstants.SetSize, &window), "TIOCSWINSZ");
    }

    /// <summary>
    /// Makes it the controlling terminal of the calling process, which leads a session without one. False when it is the terminal of another session.
    /// </summary>
    public static bool TryTakeControl(SafeHandle terminal)
    {
        if (LibC.ioctl(terminal, TerminalConstants.SetControllingTerminal, 0) == 0)
        {
            return true;
        }

        var failure = LinuxException.Last("ioctl", "TIOCSCTTY");
        return failure.Errno == Errno.EPERM ? false : throw failure;
    }

    private static void Check(int result, string request)
    {
        if (result != 0)
        {
            throw LinuxException.Last("ioctl", request);
        }
    }
}

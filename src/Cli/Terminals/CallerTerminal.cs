using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux;
using KataActors.Oci;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Terminals;

/// <summary>
/// The caller's side of a process's terminal: the terminal of this command, a new one whose master goes to the caller, or one that the caller names. It
/// is raw while the process has it, since the terminal in the guest does the rest. Disposing restores it.
/// </summary>
internal sealed class CallerTerminal : IDisposable
{
    private readonly SafeFileHandle _terminal;
    private readonly ConsoleSocket? _receiver;
    private readonly SafeFileHandle? _master;
    private readonly ConsoleSizeSpec? _given;
    private TerminalSettings? _before;

    private CallerTerminal(StdioKind kind, SafeFileHandle terminal, ConsoleSizeSpec? given, ConsoleSocket? receiver = null, SafeFileHandle? master = null)
    {
        Kind = kind;
        _terminal = terminal;
        _given = given is { Height: > 0, Width: > 0 } ? given : null;
        _receiver = receiver;
        _master = master;
    }

    /// <summary>Whether it is the command's own.</summary>
    public StdioKind Kind { get; }

    /// <summary>For the stand-in.</summary>
    public SafeHandle Handle => _terminal;

    /// <summary>The size that the process's terminal is to have at its start; null where the process says it, or it is unknown.</summary>
    public ConsoleSizeSpec? Size => _given is null && Terminal.ReadSize(_terminal) is { IsKnown: true } size
        ? new ConsoleSizeSpec { Height = size.Rows, Width = size.Columns }
        : null;

    /// <summary>
    /// The terminal for a process; null when it has none. In the background of its own terminal this command is stopped until it is in the foreground, as
    /// an editor is: the process would take the keys of whoever is there.
    /// </summary>
    /// <exception cref="CommandFailure">The flags, the process and this command's terminal do not fit together.</exception>
    public static CallerTerminal? Open(TerminalFlags flags, ProcessSpec process)
    {
        if (flags.Console is { } path)
        {
            return process.Terminal
                ? new CallerTerminal(StdioKind.Console, OpenNamed(path), process.ConsoleSize)
                : throw new CommandFailure($"--console \"{path}\": process.terminal is false");
        }

        // The texts are runc's: its tests look for them.
        if (flags is { IsDetached: true, ConsoleSocket: null } && process.Terminal)
        {
            throw new CommandFailure("cannot allocate tty if runc will detach without setting console socket");
        }

        if (flags.ConsoleSocket is { } socket)
        {
            return flags.IsDetached && process.Terminal
                ? OpenNew(ConsoleSocket.Check(socket), process.ConsoleSize)
                : throw new CommandFailure("cannot use console socket if runc will not detach or allocate tty");
        }

        return process.Terminal ? new CallerTerminal(StdioKind.CommandTerminal, InForeground(OpenOwn()), process.ConsoleSize) : null;
    }

    /// <summary>Makes the command's own terminal raw, from where the process runs until the end of this object.</summary>
    public void Attend()
    {
        if (Kind == StdioKind.CommandTerminal)
        {
            Terminal.Drain(_terminal);
            MakeRaw();
            // To restore it also from the background.
            Signals.Ignore(Signals.SIGTTOU);
        }
    }

    /// <summary>Gives any other terminal to its caller: its master, if it is new.</summary>
    /// <exception cref="CommandFailure">The caller's socket does not take it.</exception>
    public void Deliver()
    {
        if (Kind == StdioKind.Console)
        {
            MakeRaw();
            _receiver?.Send(_master!, Encoding.ASCII.GetBytes(PseudoTerminal.Device));
            _master?.Dispose();
        }
    }

    public void Dispose()
    {
        if (Kind == StdioKind.CommandTerminal)
        {
            Restore();
        }

        _terminal.Dispose();
        _master?.Dispose();
    }

    private void MakeRaw()
    {
        _before = Terminal.TryReadSettings(_terminal) ?? throw new CommandFailure("the terminal is gone");
        Terminal.Apply(_terminal, _before.Raw());
    }

    private void Restore()
    {
        try
        {
            if (_before is { } before)
            {
                Terminal.Apply(_terminal, before);
            }
        }
        catch (LinuxException)
        {
            // It is gone.
        }

        _before = null;
    }

    private static CallerTerminal OpenNew(ConsoleSocket receiver, ConsoleSizeSpec? size)
    {
        var pair = PseudoTerminal.Open();
        if (size is not null)
        {
            Terminal.SetSize(pair.Slave, new TerminalSize((ushort)size.Height, (ushort)size.Width));
        }

        return new CallerTerminal(StdioKind.Console, pair.Slave, size, receiver, pair.Master);
    }

    private static SafeFileHandle OpenNamed(string path)
    {
        try
        {
            var terminal = Descriptors.Open(path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NonBlocking);
            if (Terminal.TryReadSettings(terminal) is not null)
            {
                return terminal;
            }

            terminal.Dispose();
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"--console \"{path}\": {failure.Cause}", cause: failure);
        }

        throw new CommandFailure($"--console \"{path}\": is not a terminal");
    }

    private static SafeFileHandle InForeground(SafeFileHandle terminal)
    {
        try
        {
            Terminal.Drain(terminal);
            return terminal;
        }
        catch (LinuxException failure)
        {
            terminal.Dispose();
            throw new CommandFailure($"process.terminal is true, but this command cannot have its terminal: {failure.Message}", cause: failure);
        }
    }

    // As runc: the streams may be redirected, all of them, too.
    private static SafeFileHandle OpenOwn()
    {
        for (var number = 2; number >= 0; number--)
        {
            if (DescriptorHygiene.GivenStandard(number) is { } stream && Terminal.TryReadSettings(stream) is not null)
            {
                return Descriptors.Duplicate(stream);
            }
        }

        try
        {
            return Descriptors.Open("/dev/tty", OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);
        }
        catch (LinuxException failure)
        {
            throw new CommandFailure($"process.terminal is true, but this command has no terminal: {failure.Message}", cause: failure);
        }
    }
}

using KataActors.Linux.Native;

namespace KataActors.Linux;

/// <summary>The settings of a terminal's line discipline (termios(3)), to be changed or restored.</summary>
public sealed unsafe class TerminalSettings
{
    private readonly TerminalFields _fields;

    internal TerminalSettings(TerminalFields fields) => _fields = fields;

    internal TerminalFields Fields => _fields;

    /// <summary>
    /// The settings under which every byte passes unchanged and at once, in both directions: no echo, no signals by keys, no changed ends of lines, as
    /// by cfmakeraw(3).
    /// </summary>
    public TerminalSettings Raw()
    {
        var raw = _fields;
        raw.Input &= ~TerminalConstants.InputChanges;
        raw.Output &= ~TerminalConstants.OutputChanges;
        raw.Control = (raw.Control & ~TerminalConstants.ControlChanges) | TerminalConstants.EightBits;
        raw.Local &= ~TerminalConstants.LocalChanges;
        raw.Characters[TerminalConstants.LeastRead] = 1;
        raw.Characters[TerminalConstants.ReadTime] = 0;
        return new TerminalSettings(raw);
    }
}

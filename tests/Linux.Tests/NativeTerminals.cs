using KataActors.Linux.Native;
using static KataActors.Linux.Tests.NativeLayoutSpecs;

namespace KataActors.Linux.Tests;

/// <summary>The structs, requests and flags of terminals.</summary>
internal static class NativeTerminals
{
    public static readonly IReadOnlyDictionary<string, ulong> All = new Dictionary<string, ulong>
    {
        ["sizeof(struct termios)"] = Size<TerminalFields>(),
        ["offsetof(struct termios, c_cc)"] = Offset<TerminalFields>("Characters"),
        ["sizeof(struct winsize)"] = Size<WindowSize>(),
        ["offsetof(struct winsize, ws_col)"] = Offset<WindowSize>("Columns"),
        ["TCGETS"] = TerminalConstants.GetSettings,
        ["TCSETS"] = TerminalConstants.SetSettings,
        ["TIOCSCTTY"] = TerminalConstants.SetControllingTerminal,
        ["TIOCGWINSZ"] = TerminalConstants.GetSize,
        ["TIOCSWINSZ"] = TerminalConstants.SetSize,
        ["TIOCSPTLCK"] = TerminalConstants.SetSlaveLock,
        ["TIOCGPTPEER"] = TerminalConstants.OpenSlave,
        ["IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON"] = TerminalConstants.InputChanges,
        ["OPOST"] = TerminalConstants.OutputChanges,
        ["CSIZE | PARENB"] = TerminalConstants.ControlChanges,
        ["CS8"] = TerminalConstants.EightBits,
        ["ECHO | ECHONL | ICANON | ISIG | IEXTEN"] = TerminalConstants.LocalChanges,
        ["VTIME"] = TerminalConstants.ReadTime,
        ["VMIN"] = TerminalConstants.LeastRead,
    };
}

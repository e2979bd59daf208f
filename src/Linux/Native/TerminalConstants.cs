namespace KataActors.Linux.Native;

/// <summary>Requests of ioctl_tty(2) and flags of termios(3) on x86-64, as in asm/ioctls.h and asm/termbits.h.</summary>
internal static class TerminalConstants
{
    internal const ulong GetSettings = 0x5401;
    internal const ulong SetSettings = 0x5402;
    internal const ulong SendBreak = 0x5409;
    internal const ulong SetControllingTerminal = 0x540e;
    internal const ulong GetSize = 0x5413;
    internal const ulong SetSize = 0x5414;
    internal const ulong SetSlaveLock = 0x40045431;
    internal const ulong OpenSlave = 0x5441;

    /// <summary>IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL and IXON.</summary>
    internal const uint InputChanges = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;

    /// <summary>OPOST.</summary>
    internal const uint OutputChanges = 0x1;

    /// <summary>CSIZE and PARENB.</summary>
    internal const uint ControlChanges = 0x30 | 0x100;

    /// <summary>CS8.</summary>
    internal const uint EightBits = 0x30;

    /// <summary>ECHO, ECHONL, ICANON, ISIG and IEXTEN.</summary>
    internal const uint LocalChanges = 0x8 | 0x40 | 0x2 | 0x1 | 0x8000;

    /// <summary>VTIME and VMIN, indexes of the control characters.</summary>
    internal const int ReadTime = 5;

    /// <inheritdoc cref="ReadTime"/>
    internal const int LeastRead = 6;
}

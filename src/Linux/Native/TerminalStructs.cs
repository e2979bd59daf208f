using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>The kernel's struct termios.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TerminalFields
{
    internal uint Input;
    internal uint Output;
    internal uint Control;
    internal uint Local;
    internal byte Line;
    internal fixed byte Characters[19];
}

/// <summary>struct winsize.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct WindowSize
{
    internal ushort Rows;
    internal ushort Columns;
    internal ushort Width;
    internal ushort Height;
}

using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>struct epoll_event, which is packed on x86-64.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct EpollEvent
{
    internal uint Events;
    internal ulong Data;
}

/// <summary>The part of siginfo_t that waitid(2) fills.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct SignalInfo
{
    [FieldOffset(8)] internal int Code;
    [FieldOffset(16)] internal int Pid;
    [FieldOffset(24)] internal int Status;
}

/// <summary>sigset_t of glibc.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SignalSet
{
    private ulong _bits;

    /// <summary>The set of one signal.</summary>
    internal static SignalSet Of(int signal) => new() { _bits = 1UL << (signal - 1) };
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    internal void* Base;
    internal nuint Length;
}

/// <summary>struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    internal void* Name;
    internal uint NameLength;
    internal IoVector* Vectors;
    internal nuint VectorCount;
    internal void* Control;
    internal nuint ControlLength;
    internal int Flags;
}

/// <summary>struct cmsghdr; its data follows at once.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    internal nuint Length;
    internal int Level;
    internal int Type;
}

/// <summary>The part of struct statx that is read.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatusFields
{
    [FieldOffset(20)] internal uint UserId;
    [FieldOffset(24)] internal uint GroupId;
    [FieldOffset(28)] internal ushort Mode;
    [FieldOffset(32)] internal ulong Inode;
    [FieldOffset(128)] internal uint OwnDeviceMajor;
    [FieldOffset(132)] internal uint OwnDeviceMinor;
    [FieldOffset(136)] internal uint DeviceMajor;
    [FieldOffset(140)] internal uint DeviceMinor;
    [FieldOffset(144)] internal ulong MountId;
}

/// <summary>The part of struct statfs that is read.</summary>
[StructLayout(LayoutKind.Explicit, Size = 120)]
internal struct FileSystemFields
{
    [FieldOffset(0)] internal long Type;
    [FieldOffset(8)] internal long BlockSize;
    [FieldOffset(16)] internal long Blocks;
}

/// <summary>struct mount_attr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MountAttributes
{
    internal ulong Set;
    internal ulong Clear;
    internal ulong Propagation;
    internal ulong UserNamespace;
}

/// <summary>struct rlimit.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    internal ulong Soft;
    internal ulong Hard;
}

/// <summary>struct sched_attr as of Linux 3.14.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SchedulingAttributes
{
    internal uint Size;
    internal uint Policy;
    internal ulong Flags;
    internal int Nice;
    internal uint Priority;
    internal ulong Runtime;
    internal ulong Deadline;
    internal ulong Period;
}

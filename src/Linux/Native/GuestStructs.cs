using System.Runtime.InteropServices;

namespace KataActors.Linux.Native;

/// <summary>struct open_how of openat2(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OpenHow
{
    internal ulong Flags;
    internal ulong Mode;
    internal ulong Resolve;
}

/// <summary>struct __user_cap_header_struct of capset(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityHeader
{
    internal uint Version;
    internal int Pid;
}

/// <summary>struct __user_cap_data_struct, of which version 3 takes two: the low and the high 32 capabilities.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CapabilityData
{
    internal uint Effective;
    internal uint Permitted;
    internal uint Inheritable;
}

/// <summary>struct ifreq with the flags of its union.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal unsafe struct InterfaceRequest
{
    [FieldOffset(0)] internal fixed byte Name[16];
    [FieldOffset(16)] internal short Flags;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpecification
{
    internal long Seconds;
    internal long Nanoseconds;
}

/// <summary>The part of union bpf_attr that BPF_PROG_LOAD needs.</summary>
[StructLayout(LayoutKind.Explicit, Size = 48)]
internal unsafe struct BpfProgramLoad
{
    [FieldOffset(0)] internal uint Type;
    [FieldOffset(4)] internal uint InstructionCount;
    [FieldOffset(8)] internal ulong* Instructions;
    [FieldOffset(16)] internal byte* License;
}

/// <summary>The part of union bpf_attr that BPF_PROG_ATTACH takes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct BpfAttachment
{
    internal uint Target;
    internal uint Program;
    internal uint Type;
    internal uint Flags;
    internal uint Replaced;
}

/// <summary>struct sock_fprog.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SystemCallProgram
{
    internal ushort Length;
    internal byte* Instructions;
}

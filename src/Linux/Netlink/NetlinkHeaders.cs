using System.Runtime.InteropServices;

namespace KataActors.Linux.Netlink;

/// <summary>struct nlmsghdr of netlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MessageHead
{
    internal uint Length;
    internal ushort Type;
    internal ushort Flags;
    internal uint Sequence;
    internal uint Port;
}

/// <summary>struct ifinfomsg of rtnetlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LinkHead
{
    internal byte Family;
    private byte _padding;
    internal ushort Type;
    internal int Index;
    internal uint Flags;
    internal uint Change;
}

/// <summary>struct ifaddrmsg of rtnetlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AddressHead
{
    internal byte Family;
    internal byte PrefixLength;
    internal byte Flags;
    internal byte Scope;
    internal int Link;
}

/// <summary>struct rtmsg of rtnetlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHead
{
    internal byte Family;
    internal byte DestinationLength;
    internal byte SourceLength;
    internal byte TypeOfService;
    internal byte Table;
    internal byte Protocol;
    internal byte Scope;
    internal byte Type;
    internal uint Flags;
}

/// <summary>struct ndmsg of rtnetlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NeighborHead
{
    internal byte Family;
    private byte _padding;
    private ushort _morePadding;
    internal int Link;
    internal ushort State;
    internal byte Flags;
    internal byte Type;
}

/// <summary>struct tcmsg of rtnetlink(7).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TrafficHead
{
    internal byte Family;
    private byte _padding;
    private ushort _morePadding;
    internal int Link;
    internal uint Handle;
    internal uint Parent;
    internal uint Information;
}

/// <summary>struct tc_u32_sel with one struct tc_u32_key, which matches every packet while all is zero.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct SelectorOfU32
{
    internal byte Flags;
    internal byte OffsetShift;
    internal byte Keys;
}

/// <summary>struct tc_mirred.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MirredParameters
{
    internal uint Number;
    internal uint Capabilities;
    internal int Action;
    internal int References;
    internal int Bindings;
    internal int Way;
    internal int Link;
}

namespace KataActors.Linux.Netlink;

/// <summary>Numbers of netlink(7) and rtnetlink(7), as in the headers named beside each group.</summary>
internal static class NetlinkNumbers
{
    // linux/netlink.h
    internal const ushort Error = 2;
    internal const ushort Done = 3;
    internal const ushort Request = 0x1;
    internal const ushort Acknowledge = 0x4;
    internal const ushort Interrupted = 0x10;
    internal const ushort Dump = 0x300;
    internal const ushort Replace = 0x100;
    internal const ushort Exclusive = 0x200;
    internal const ushort Create = 0x400;
    internal const ushort Nested = 0x8000;

    // linux/rtnetlink.h
    internal const ushort NewLink = 16;
    internal const ushort GetLink = 18;
    internal const ushort NewAddress = 20;
    internal const ushort GetAddress = 22;
    internal const ushort NewRoute = 24;
    internal const ushort DeleteRoute = 25;
    internal const ushort GetRoute = 26;
    internal const ushort NewNeighbor = 28;
    internal const ushort GetNeighbor = 30;
    internal const ushort NewQdisc = 36;
    internal const ushort DeleteQdisc = 37;
    internal const ushort GetQdisc = 38;
    internal const ushort NewFilter = 44;
    internal const ushort GetFilter = 46;
    internal const byte MainTable = 254;
    internal const byte Unicast = 1;
    internal const byte ByKernel = 2;
    internal const byte ByBoot = 3;

    // Attributes of a link: linux/if_link.h
    internal const ushort LinkAddress = 1;
    internal const ushort LinkName = 3;
    internal const ushort LinkMtu = 4;
    internal const ushort LinkInfo = 18;
    internal const ushort LinkInfoKind = 1;

    // Attributes of an address: linux/if_addr.h
    internal const ushort AddressPeer = 1;
    internal const ushort AddressLocal = 2;
    internal const ushort AddressFlags = 8;
    internal const uint NoDuplicateDetection = 0x02;
    internal const uint DuplicateFound = 0x08;
    internal const uint Temporary = 0x01;

    // Attributes of a route: linux/rtnetlink.h
    internal const ushort RouteDestination = 1;
    internal const ushort RouteInterface = 4;
    internal const ushort RouteGateway = 5;
    internal const ushort RoutePriority = 6;
    internal const ushort RoutePreferredSource = 7;
    internal const ushort RouteTable = 15;

    // Attributes and states of a neighbor: linux/neighbour.h
    internal const ushort NeighborDestination = 1;
    internal const ushort NeighborLinkAddress = 2;
    internal const ushort Permanent = 0x80;

    // Traffic control: linux/rtnetlink.h, linux/pkt_sched.h, linux/pkt_cls.h, linux/tc_act/tc_mirred.h
    internal const ushort Kind = 1;
    internal const ushort Options = 2;
    internal const uint IngressParent = 0xffff_fff1;
    internal const uint IngressHandle = 0xffff_0000;
    internal const ushort SelectorOfU32 = 5;
    internal const ushort ActionsOfU32 = 7;
    internal const byte TerminalOfU32 = 1;
    internal const ushort ActionKind = 1;
    internal const ushort ActionOptions = 2;
    internal const ushort ActionCookie = 6;
    internal const ushort MirredParameters = 2;
    internal const int MirredEgressRedirect = 1;
    internal const int ActionStolen = 4;

    // linux/if_ether.h, in network byte order
    internal const ushort EveryProtocol = 0x0300;
}

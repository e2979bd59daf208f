using System.Runtime.InteropServices;

namespace KataActors.Linux.Netlink;

/// <summary>A unicast route of the main table through one interface (rtnetlink(7)).</summary>
public sealed class NetworkRoute(int link, byte family, byte[] destination, byte prefixLength, byte[] gateway, byte[] source, byte scope, uint flags)
{
    /// <summary>The interface.</summary>
    public int Link { get; } = link;

    /// <summary><see cref="NetworkAddress.V4"/> or <see cref="NetworkAddress.V6"/>.</summary>
    public byte Family { get; } = family;

    /// <summary>The network; empty for all.</summary>
    public byte[] Destination { get; } = destination;

    /// <summary>The bits of the network.</summary>
    public byte PrefixLength { get; } = prefixLength;

    /// <summary>The next hop; empty for none.</summary>
    public byte[] Gateway { get; } = gateway;

    /// <summary>The preferred source address; empty for none.</summary>
    public byte[] Source { get; } = source;

    /// <summary>The distance of the destination, <c>rtm_scope</c>.</summary>
    public byte Scope { get; } = scope;

    /// <summary>Such as RTNH_F_ONLINK.</summary>
    public uint Flags { get; } = flags;

    /// <summary>The metric: of routes to the same network the kernel takes the one with the lowest. Of a new one the kernel's usual metric.</summary>
    public uint Priority { get; private init; }

    /// <summary>RTNH_F_ONLINK: the gateway needs no route of its own.</summary>
    public const uint OnLink = 4;

    // As the kernel has told it; empty for a new one.
    private byte[] Message { get; init; } = [];

    /// <summary>The routes that are not the kernel's own work.</summary>
    public static List<NetworkRoute> All(NetlinkSocket socket)
    {
        var found = new List<NetworkRoute>();
        foreach (var message in socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetRoute, 0, default(RouteHead)), "list routes"))
        {
            if (Parse(message) is { } route)
            {
                found.Add(route);
            }
        }

        return found;
    }

    /// <summary>Deletes the routes of <see cref="All"/>.</summary>
    public static unsafe void DeleteAll(NetlinkSocket socket)
    {
        foreach (var route in All(socket))
        {
            var deletion = NetlinkMessage.Of(NetlinkNumbers.DeleteRoute, 0, MemoryMarshal.Read<RouteHead>(route.Message));
            var attributes = new NetlinkAttributes(route.Message.AsSpan(sizeof(RouteHead)));
            while (attributes.Next())
            {
                if (attributes.Type is NetlinkNumbers.RouteDestination or NetlinkNumbers.RouteInterface or NetlinkNumbers.RouteGateway or NetlinkNumbers.RouteTable)
                {
                    deletion.Add(attributes.Type, attributes.Value);
                }
            }

            socket.Request(deletion, "delete route through interface", $"{route.Link}");
        }
    }

    /// <summary>Adds a route, which may exist.</summary>
    public static void Add(NetlinkSocket socket, NetworkRoute route)
    {
        var message = NetlinkMessage.Of(NetlinkNumbers.NewRoute, NetlinkNumbers.Create | NetlinkNumbers.Replace, new RouteHead
        {
            Family = route.Family,
            DestinationLength = route.PrefixLength,
            Table = NetlinkNumbers.MainTable,
            Protocol = NetlinkNumbers.ByBoot,
            Scope = route.Scope,
            Type = NetlinkNumbers.Unicast,
            Flags = route.Flags & OnLink,
        }).Add(NetlinkNumbers.RouteInterface, route.Link);
        AddAddress(NetlinkNumbers.RouteDestination, route.PrefixLength > 0 ? route.Destination : []);
        AddAddress(NetlinkNumbers.RouteGateway, route.Gateway);
        AddAddress(NetlinkNumbers.RoutePreferredSource, route.Source);
        socket.Request(message, "add route through interface", $"{route.Link}");

        void AddAddress(ushort type, byte[] address)
        {
            if (address.Length > 0)
            {
                message.Add(type, address);
            }
        }
    }

    // Routes of several next hops name no interface.
    private static unsafe NetworkRoute? Parse(byte[] message)
    {
        var head = MemoryMarshal.Read<RouteHead>(message);
        var (link, destination, gateway, source, priority) = (0, Array.Empty<byte>(), Array.Empty<byte>(), Array.Empty<byte>(), 0U);
        var attributes = new NetlinkAttributes(message.AsSpan(sizeof(RouteHead)));
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case NetlinkNumbers.RouteDestination:
                    destination = attributes.Value.ToArray();
                    break;
                case NetlinkNumbers.RouteInterface:
                    link = attributes.Number;
                    break;
                case NetlinkNumbers.RouteGateway:
                    gateway = attributes.Value.ToArray();
                    break;
                case NetlinkNumbers.RoutePreferredSource:
                    source = attributes.Value.ToArray();
                    break;
                case NetlinkNumbers.RoutePriority:
                    priority = (uint)attributes.Number;
                    break;
            }
        }

        return head is { Table: NetlinkNumbers.MainTable, Type: NetlinkNumbers.Unicast, Family: NetworkAddress.V4 or NetworkAddress.V6, Protocol: not NetlinkNumbers.ByKernel } && link > 0
            ? new NetworkRoute(link, head.Family, destination, head.DestinationLength, gateway, source, head.Scope, head.Flags) { Message = message, Priority = priority }
            : null;
    }
}

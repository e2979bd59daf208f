using System.Collections.Immutable;

namespace KataActors.Network;

/// <summary>The content of a network namespace that the guest is to have.</summary>
/// <param name="Namespace">The inode of the namespace, by which it can be found.</param>
/// <param name="Endpoints">Its interfaces, by name.</param>
/// <param name="Routes">The routes through them.</param>
/// <param name="Neighbors">Their fixed neighbors.</param>
/// <param name="Ignored">Parts that the guest does not get, a sentence each.</param>
public sealed record NetworkView(
    ulong Namespace,
    ImmutableArray<NetworkEndpoint> Endpoints,
    ImmutableArray<EndpointRoute> Routes,
    ImmutableArray<EndpointNeighbor> Neighbors,
    ImmutableArray<string> Ignored);

/// <summary>An interface of the namespace; the guest gets one of the same name, hardware address and MTU.</summary>
/// <param name="Index">Its number in the namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind, such as <c>veth</c>.</param>
/// <param name="HardwareAddress">Its hardware address.</param>
/// <param name="Mtu">Its MTU in bytes.</param>
/// <param name="Flags">Its flags (netdevice(7)).</param>
/// <param name="Addresses">Its addresses.</param>
public sealed record NetworkEndpoint(int Index, string Name, string Kind, string HardwareAddress, int Mtu, uint Flags, ImmutableArray<EndpointAddress> Addresses);

/// <summary>An address of an interface.</summary>
/// <param name="Address">The address as text.</param>
/// <param name="IsV6">Whether it is one of IPv6.</param>
/// <param name="PrefixLength">The bits of the network.</param>
public sealed record EndpointAddress(string Address, bool IsV6, int PrefixLength);

/// <summary>A route through an interface.</summary>
/// <param name="Endpoint">The name of the interface.</param>
/// <param name="IsV6">Whether it is one of IPv6.</param>
/// <param name="Destination">The network, as 10.0.0.0/8; empty for all.</param>
/// <param name="Gateway">The next hop; empty for none.</param>
/// <param name="Source">The preferred source address; empty for none.</param>
/// <param name="Scope">The distance of the destination (rtnetlink(7)).</param>
/// <param name="Flags">Flags of its next hop (rtnetlink(7)).</param>
public sealed record EndpointRoute(string Endpoint, bool IsV6, string Destination, string Gateway, string Source, byte Scope, uint Flags);

/// <summary>A fixed neighbor.</summary>
/// <param name="Endpoint">The name of the interface.</param>
/// <param name="IsV6">Whether its address is one of IPv6.</param>
/// <param name="Address">Its address.</param>
/// <param name="HardwareAddress">Its hardware address.</param>
/// <param name="State">Its state (rtnetlink(7)).</param>
/// <param name="Flags">Its flags (rtnetlink(7)).</param>
public sealed record EndpointNeighbor(string Endpoint, bool IsV6, string Address, string HardwareAddress, ushort State, byte Flags);

using System.Net;
using KataActors.Linux;
using KataActors.Linux.Netlink;

namespace KataActors.Network;

/// <summary>Looks at the network namespace of the calling thread, as Kata does: an interface counts when it has an address.</summary>
internal static class NamespaceScan
{
    private static readonly string[] s_kinds = ["veth", "macvlan", "ipvlan"];

    /// <summary>What the guest is to have.</summary>
    /// <param name="inode">The namespace.</param>
    /// <exception cref="LinuxException">An interface cannot be connected.</exception>
    internal static NetworkView Take(ulong inode)
    {
        using var socket = NetlinkSocket.Open();
        var addresses = NetworkAddress.All(socket).ToLookup(address => address.Link);
        var links = NetworkLink.All(socket).Where(link => (link.Flags & NetworkLink.Loopback) == 0 && addresses.Contains(link.Index)).ToArray();
        var candidates = links.Where(link => s_kinds.Contains(link.Kind) && link.HardwareAddress.Length > 0).OrderBy(link => link.Name, StringComparer.Ordinal);
        // The guest knows an interface by its hardware address, which interfaces of the kind ipvlan may share.
        var shown = candidates.DistinctBy(link => link.HardwareAddress).ToDictionary(link => link.Index);
        var occupied = shown.Count == 0 ? [] : PacketRedirection.Occupied(socket);
        if (shown.Values.FirstOrDefault(link => occupied.Contains(link.Index)) is { } taken)
        {
            throw TapConnection.IsTaken(taken.Name);
        }

        return new NetworkView(
            inode,
            [.. shown.Values.OrderBy(link => link.Name, StringComparer.Ordinal).Select(link => ToEndpoint(link, addresses[link.Index]))],
            [.. shown.Count == 0 ? [] : Best(NetworkRoute.All(socket).Where(route => shown.ContainsKey(route.Link))).Select(route => ToRoute(route, shown[route.Link].Name))],
            [.. shown.Count == 0 ? [] : NetworkNeighbor.All(socket).Where(entry => shown.ContainsKey(entry.Link)).Select(entry => ToNeighbor(entry, shown[entry.Link].Name))],
            [.. links.Where(link => !shown.ContainsKey(link.Index)).Select(link => $"interface \"{link.Name}\" of kind \"{link.Kind}\" is not given to the guest")]);
    }

    // The guest has one route to each network.
    private static IEnumerable<NetworkRoute> Best(IEnumerable<NetworkRoute> routes) =>
        routes.GroupBy(route => (route.Family, Convert.ToHexString(route.Destination), route.PrefixLength)).Select(same => same.MinBy(route => route.Priority)!);

    private static NetworkEndpoint ToEndpoint(NetworkLink link, IEnumerable<NetworkAddress> addresses) => new(
        link.Index,
        link.Name,
        link.Kind,
        link.HardwareAddress,
        link.Mtu,
        link.Flags,
        [.. addresses.Select(address => new EndpointAddress(Text(address.Bytes), IsV6(address.Bytes), address.PrefixLength))]);

    private static EndpointRoute ToRoute(NetworkRoute route, string endpoint) => new(
        endpoint,
        route.Family == NetworkAddress.V6,
        route.Destination.Length > 0 ? $"{Text(route.Destination)}/{route.PrefixLength}" : "",
        Text(route.Gateway),
        Text(route.Source),
        route.Scope,
        route.Flags & NetworkRoute.OnLink);

    private static EndpointNeighbor ToNeighbor(NetworkNeighbor entry, string endpoint) => new(
        endpoint, IsV6(entry.Bytes), Text(entry.Bytes), NetworkAddress.HardwareText(entry.HardwareAddress), entry.State, entry.Flags);

    private static bool IsV6(byte[] address) => NetworkAddress.FamilyOf(address) == NetworkAddress.V6;

    private static string Text(byte[] address) => address.Length > 0 ? new IPAddress(address).ToString() : "";
}

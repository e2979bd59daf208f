using System.Globalization;
using KataActors.Linux;
using KataActors.Linux.Netlink;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Rpc;

/// <summary>The guest's interfaces, routes and neighbors, in the network namespace that all containers share. Every call can be repeated.</summary>
internal static class GuestNetwork
{
    private const int LeastMtu = 68;
    private const int MostMtu = 65535;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Gives the interface with a hardware address its name, MTU and addresses, and brings it up.</summary>
    internal static async Task<Interface> UpdateInterfaceAsync(UpdateInterfaceRequest request, CancellationToken cancellation)
    {
        var wanted = request.Interface ?? throw Failures.Invalid("interface: missing");
        if (!NetworkLink.IsName(wanted.Name) || wanted.Mtu is not 0 and (< LeastMtu or > MostMtu))
        {
            throw Failures.Invalid($"interface: the name \"{wanted.Name}\" or the mtu {wanted.Mtu} is not valid");
        }

        using var socket = NetlinkSocket.Open();
        var link = await FindAsync(socket, wanted.HwAddr.ToLowerInvariant(), cancellation).ConfigureAwait(false);
        var addresses = wanted.IPAddresses.Select(address => new NetworkAddress(link.Index, Bytes(address.Address), Prefix(address.Mask, Bytes(address.Address)), 0)).ToArray();
        return Try(() =>
        {
            if (link.Name != wanted.Name)
            {
                Rename(socket, link, wanted.Name);
            }

            if (wanted.Mtu > 0)
            {
                NetworkLink.SetMtu(socket, link.Index, (int)wanted.Mtu);
            }

            foreach (var address in addresses)
            {
                NetworkAddress.Add(socket, address);
            }

            NetworkLink.SetFlags(socket, link.Index, NetworkLink.Up | (wanted.RawFlags & NetworkLink.NoNeighbors), NetworkLink.Up | NetworkLink.NoNeighbors);
            return wanted;
        });
    }

    /// <summary>Replaces the routes; those without a gateway come first, since they lead to the gateways.</summary>
    internal static Routes UpdateRoutes(UpdateRoutesRequest request)
    {
        using var socket = NetlinkSocket.Open();
        var wanted = request.Routes ?? new Routes();
        var routes = wanted.Routes_.Select(route => ToRoute(socket, route)).ToArray();
        return Try(() =>
        {
            NetworkRoute.DeleteAll(socket);
            foreach (var route in routes.Where(route => route.Gateway.Length == 0).Concat(routes.Where(route => route.Gateway.Length > 0)))
            {
                NetworkRoute.Add(socket, route);
            }

            return wanted;
        });
    }

    /// <summary>Sets entries of the neighbor tables.</summary>
    internal static void AddNeighbors(AddARPNeighborsRequest request)
    {
        using var socket = NetlinkSocket.Open();
        var neighbors = (request.Neighbors ?? new ARPNeighbors()).ARPNeighbors_.Select(neighbor => new NetworkNeighbor(
            LinkNamed(socket, neighbor.Device).Index,
            Bytes(neighbor.ToIPAddress?.Address ?? ""),
            NetworkAddress.TryParseHardware(neighbor.Lladdr) ?? throw Failures.Invalid($"neighbor: \"{neighbor.Lladdr}\" is no hardware address"),
            neighbor.State == 0 ? NetworkNeighbor.Permanent : (ushort)neighbor.State,
            (byte)neighbor.Flags)).ToArray();
        Try(() =>
        {
            foreach (var neighbor in neighbors)
            {
                NetworkNeighbor.Set(socket, neighbor);
            }

            return neighbors;
        });
    }

    private static async Task<NetworkLink> FindAsync(NetlinkSocket socket, string address, CancellationToken cancellation)
    {
        if (NetworkAddress.TryParseHardware(address) is null)
        {
            throw Failures.Invalid($"interface: \"{address}\" is no hardware address");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_deadline);
        try
        {
            while (true)
            {
                if (NetworkLink.All(socket).Find(link => link.HardwareAddress == address) is { } link)
                {
                    return link;
                }

                await Task.Delay(s_pause, deadline.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Failures.Late($"no interface with the hardware address {address} appeared within {s_deadline.TotalSeconds} s");
        }
    }

    // The kernel has numbered the interfaces in the order in which they appeared, so another one may have the name.
    private static void Rename(NetlinkSocket socket, NetworkLink link, string name)
    {
        if (NetworkLink.All(socket).Find(other => other.Name == name) is { } holder)
        {
            Give(holder, $"kata{holder.Index}");
        }

        Give(link, name);

        void Give(NetworkLink named, string newName)
        {
            NetworkLink.SetFlags(socket, named.Index, 0, NetworkLink.Up);
            NetworkLink.Rename(socket, named.Index, newName);
        }
    }

    private static NetworkRoute ToRoute(NetlinkSocket socket, Route route)
    {
        var slash = route.Dest.IndexOf('/');
        var destination = route.Dest.Length == 0 ? [] : Bytes(slash < 0 ? route.Dest : route.Dest[..slash]);
        var prefix = route.Dest.Length == 0 ? (byte)0 : Prefix(slash < 0 ? $"{8 * destination.Length}" : route.Dest[(slash + 1)..], destination);
        var (gateway, source) = (route.Gateway.Length > 0 ? Bytes(route.Gateway) : [], route.Source.Length > 0 ? Bytes(route.Source) : []);
        var family = route.Family == IPFamily.V6 ? NetworkAddress.V6 : NetworkAddress.V4;
        var isMixed = new[] { destination, gateway, source }.Any(address => address.Length > 0 && NetworkAddress.FamilyOf(address) != family);
        return isMixed
            ? throw Failures.Invalid($"route to \"{route.Dest}\": its addresses are not all of the family {route.Family}")
            : new NetworkRoute(LinkNamed(socket, route.Device).Index, family, destination, prefix, gateway, source, (byte)route.Scope, route.Flags);
    }

    private static NetworkLink LinkNamed(NetlinkSocket socket, string name) =>
        NetworkLink.All(socket).Find(link => link.Name == name) ?? throw Failures.NotFound($"there is no interface \"{name}\"");

    private static byte[] Bytes(string address) => NetworkAddress.TryParse(address) ?? throw Failures.Invalid($"\"{address}\" is no address");

    private static byte Prefix(string text, byte[] address) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && bits <= 8 * address.Length
            ? (byte)bits
            : throw Failures.Invalid($"\"{text}\" is no length of a prefix");

    private static T Try<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (LinuxException failure)
        {
            throw Failures.Internal(failure.Message);
        }
    }
}

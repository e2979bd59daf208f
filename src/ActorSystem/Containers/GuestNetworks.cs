using System.Collections.Immutable;
using System.Globalization;
using Google.Protobuf;
using KataActors.Network;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Containers;

/// <summary>Turns the content of a network namespace into calls of the agent.</summary>
internal static class GuestNetworks
{
    /// <summary>The calls in their order: each interface, the routes, the neighbors if there are any.</summary>
    public static ImmutableArray<IMessage> Requests(NetworkView view)
    {
        var requests = ImmutableArray.CreateBuilder<IMessage>();
        requests.AddRange(view.Endpoints.Select(endpoint => new UpdateInterfaceRequest { Interface = ToInterface(endpoint) }));
        var routes = new UpdateRoutesRequest { Routes = new Routes() };
        routes.Routes.Routes_.AddRange(view.Routes.Select(ToRoute));
        requests.Add(routes);
        if (!view.Neighbors.IsEmpty)
        {
            var neighbors = new AddARPNeighborsRequest { Neighbors = new ARPNeighbors() };
            neighbors.Neighbors.ARPNeighbors_.AddRange(view.Neighbors.Select(ToNeighbor));
            requests.Add(neighbors);
        }

        return requests.ToImmutable();
    }

    private static Interface ToInterface(NetworkEndpoint endpoint)
    {
        var made = new Interface
        {
            Device = endpoint.Name,
            Name = endpoint.Name,
            Mtu = (ulong)endpoint.Mtu,
            HwAddr = endpoint.HardwareAddress,
            Type = endpoint.Kind,
            RawFlags = endpoint.Flags,
        };
        made.IPAddresses.AddRange(endpoint.Addresses.Select(address => ToAddress(address.Address, address.IsV6, address.PrefixLength.ToString(CultureInfo.InvariantCulture))));
        return made;
    }

    private static Route ToRoute(EndpointRoute route) => new()
    {
        Dest = route.Destination,
        Gateway = route.Gateway,
        Device = route.Endpoint,
        Source = route.Source,
        Scope = route.Scope,
        Family = FamilyOf(route.IsV6),
        Flags = route.Flags,
    };

    private static ARPNeighbor ToNeighbor(EndpointNeighbor neighbor) => new()
    {
        ToIPAddress = ToAddress(neighbor.Address, neighbor.IsV6, ""),
        Device = neighbor.Endpoint,
        Lladdr = neighbor.HardwareAddress,
        State = neighbor.State,
        Flags = neighbor.Flags,
    };

    private static IPAddress ToAddress(string address, bool isV6, string mask) => new() { Family = FamilyOf(isV6), Address = address, Mask = mask };

    private static IPFamily FamilyOf(bool isV6) => isV6 ? IPFamily.V6 : IPFamily.V4;
}

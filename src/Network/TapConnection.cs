using System.Collections.Immutable;
using KataActors.Linux;
using KataActors.Linux.Netlink;

namespace KataActors.Network;

/// <summary>
/// Connects interfaces of the calling thread's network namespace with tap interfaces, by the model <see cref="NetworkModel.TcFilter"/>. What stays behind when the tap
/// interfaces are gone is one ingress qdisc on each interface, marked by the sandbox.
/// </summary>
internal static class TapConnection
{
    private const string TapNames = "tap%d_kata";

    /// <summary>Connects all of them, or none.</summary>
    internal static ImmutableArray<TapDevice> Make(ImmutableArray<NetworkEndpoint> endpoints, Guid mark)
    {
        using var socket = NetlinkSocket.Open();
        var taps = ImmutableArray.CreateBuilder<TapDevice>(endpoints.Length);
        try
        {
            foreach (var endpoint in endpoints)
            {
                var tap = TapDevice.Make(TapNames);
                taps.Add(tap);
                Connect(socket, endpoint, tap, mark);
            }

            return taps.MoveToImmutable();
        }
        catch
        {
            foreach (var tap in taps)
            {
                tap.File.Dispose();
            }

            Remove(mark, []);
            throw;
        }
    }

    /// <summary>The failure of an interface that has an ingress qdisc.</summary>
    internal static LinuxException IsTaken(string name) =>
        new(Errno.EEXIST, "connect interface", name, "it has an ingress qdisc already, as when it belongs to another VM");

    /// <summary>Takes back the connections with a mark.</summary>
    /// <param name="mark">The mark.</param>
    /// <param name="interfaces">The interfaces on which a connection may have been interrupted before it got its mark.</param>
    internal static void Remove(Guid mark, ImmutableArray<int> interfaces)
    {
        using var socket = NetlinkSocket.Open();
        foreach (var link in NetworkLink.All(socket))
        {
            try
            {
                if (!PacketRedirection.Remove(socket, link.Index, mark) && interfaces.Contains(link.Index))
                {
                    PacketRedirection.RemoveUnfiltered(socket, link.Index);
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.ENODEV or Errno.EINVAL or Errno.ENOENT && NetworkLink.All(socket).TrueForAll(other => other.Index != link.Index))
            {
                // The interface is gone, and its qdisc with it.
            }
        }
    }

    private static void Connect(NetlinkSocket socket, NetworkEndpoint endpoint, TapDevice tap, Guid mark)
    {
        var index = NetworkLink.All(socket).Find(link => link.Name == tap.Name)?.Index ?? throw new LinuxException(Errno.ENODEV, "TUNSETIFF", tap.Name);
        NetworkLink.SetMtu(socket, index, endpoint.Mtu);
        PacketRedirection.Add(socket, index, endpoint.Index, mark);
        NetworkLink.SetFlags(socket, index, NetworkLink.Up, NetworkLink.Up);
        try
        {
            PacketRedirection.Add(socket, endpoint.Index, index, mark);
        }
        catch (LinuxException e) when (e.Errno == Errno.EEXIST)
        {
            throw IsTaken(endpoint.Name);
        }
    }
}

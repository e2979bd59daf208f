using System.Runtime.InteropServices;

namespace KataActors.Linux.Netlink;

/// <summary>A fixed entry of the neighbor table: the hardware address of an address on an interface's network (arp(7)).</summary>
public sealed class NetworkNeighbor(int link, byte[] bytes, byte[] hardwareAddress, ushort state, byte flags)
{
    /// <summary>The interface.</summary>
    public int Link { get; } = link;

    /// <summary>4 or 16 bytes.</summary>
    public byte[] Bytes { get; } = bytes;

    /// <summary>Six bytes.</summary>
    public byte[] HardwareAddress { get; } = hardwareAddress;

    /// <summary>NUD_PERMANENT for an entry that stays.</summary>
    public ushort State { get; } = state;

    /// <summary>Such as NTF_ROUTER.</summary>
    public byte Flags { get; } = flags;

    /// <summary>NUD_PERMANENT.</summary>
    public const ushort Permanent = NetlinkNumbers.Permanent;

    private const int HardwareLength = 6;

    /// <summary>The entries that someone has set; the kernel learns the others.</summary>
    public static List<NetworkNeighbor> All(NetlinkSocket socket)
    {
        var found = new List<NetworkNeighbor>();
        foreach (var message in socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetNeighbor, 0, default(NeighborHead)), "list neighbors"))
        {
            if (Parse(message) is { } neighbor)
            {
                found.Add(neighbor);
            }
        }

        return found;
    }

    /// <summary>Sets an entry.</summary>
    public static void Set(NetlinkSocket socket, NetworkNeighbor neighbor) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.NewNeighbor, NetlinkNumbers.Create | NetlinkNumbers.Replace, new NeighborHead
        {
            Family = NetworkAddress.FamilyOf(neighbor.Bytes),
            Link = neighbor.Link,
            State = neighbor.State,
            Flags = neighbor.Flags,
        }).Add(NetlinkNumbers.NeighborDestination, neighbor.Bytes).Add(NetlinkNumbers.NeighborLinkAddress, neighbor.HardwareAddress),
        "set neighbor of interface",
        $"{neighbor.Link}");

    private static unsafe NetworkNeighbor? Parse(byte[] message)
    {
        var head = MemoryMarshal.Read<NeighborHead>(message);
        var attributes = message.AsSpan(sizeof(NeighborHead));
        var address = NetlinkAttributes.Find(attributes, NetlinkNumbers.NeighborDestination);
        var hardware = NetlinkAttributes.Find(attributes, NetlinkNumbers.NeighborLinkAddress);
        return (head.State & Permanent) != 0 && address.Length is 4 or 16 && hardware.Length == HardwareLength
            ? new NetworkNeighbor(head.Link, address.ToArray(), hardware.ToArray(), head.State, head.Flags)
            : null;
    }
}

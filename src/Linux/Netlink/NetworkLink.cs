using System.Runtime.InteropServices;
using System.Text;

namespace KataActors.Linux.Netlink;

/// <summary>A network interface of a namespace.</summary>
public sealed class NetworkLink(int index, string name, string kind, string hardwareAddress, int mtu, uint flags)
{
    /// <summary>Its number in the namespace.</summary>
    public int Index { get; } = index;

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>The kind of a virtual one, such as <c>veth</c>; else empty.</summary>
    public string Kind { get; } = kind;

    /// <summary>Its hardware address, as <c>02:00:00:00:00:01</c>; empty for none.</summary>
    public string HardwareAddress { get; } = hardwareAddress;

    /// <summary>The largest packet in bytes.</summary>
    public int Mtu { get; } = mtu;

    /// <summary>IFF_UP and others of netdevice(7).</summary>
    public uint Flags { get; } = flags;

    /// <summary>IFF_UP.</summary>
    public const uint Up = 0x1;

    /// <summary>IFF_LOOPBACK.</summary>
    public const uint Loopback = 0x8;

    /// <summary>IFF_NOARP.</summary>
    public const uint NoNeighbors = 0x80;

    private const int LongestName = 15;

    /// <summary>Whether the kernel takes it as a name (dev_valid_name).</summary>
    public static bool IsName(string name) => name is { Length: > 0 and <= LongestName } and not ("." or "..")
        && name.All(letter => char.IsAscii(letter) && letter is not ('/' or ':') && !char.IsWhiteSpace(letter) && !char.IsControl(letter));

    /// <summary>All interfaces of the socket's namespace.</summary>
    public static List<NetworkLink> All(NetlinkSocket socket) =>
        socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetLink, 0, default(LinkHead)), "list interfaces").ConvertAll(Parse);

    /// <summary>Sets flags of an interface, and clears others.</summary>
    /// <param name="socket">A socket of its namespace.</param>
    /// <param name="index">The interface.</param>
    /// <param name="flags">The flags after the change, of those in <paramref name="mask"/>.</param>
    /// <param name="mask">The flags to change.</param>
    public static void SetFlags(NetlinkSocket socket, int index, uint flags, uint mask) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.NewLink, 0, new LinkHead { Index = index, Flags = flags, Change = mask }), "set flags of interface", $"{index}");

    /// <summary>Sets the MTU.</summary>
    public static void SetMtu(NetlinkSocket socket, int index, int mtu) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.NewLink, 0, new LinkHead { Index = index }).Add(NetlinkNumbers.LinkMtu, mtu), "set mtu of interface", $"{index}");

    /// <summary>Gives an interface, which must be down, another name.</summary>
    public static void Rename(NetlinkSocket socket, int index, string name) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.NewLink, 0, new LinkHead { Index = index }).Add(NetlinkNumbers.LinkName, name), "rename interface", name);

    private static unsafe NetworkLink Parse(byte[] message)
    {
        var head = MemoryMarshal.Read<LinkHead>(message);
        var (name, kind, address, mtu) = ("", "", "", 0);
        var attributes = new NetlinkAttributes(message.AsSpan(sizeof(LinkHead)));
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case NetlinkNumbers.LinkName:
                    name = attributes.Text;
                    break;
                case NetlinkNumbers.LinkMtu:
                    mtu = attributes.Number;
                    break;
                case NetlinkNumbers.LinkAddress:
                    address = NetworkAddress.HardwareText(attributes.Value);
                    break;
                case NetlinkNumbers.LinkInfo:
                    kind = Encoding.ASCII.GetString(NetlinkAttributes.Find(attributes.Value, NetlinkNumbers.LinkInfoKind)).TrimEnd('\0');
                    break;
            }
        }

        return new NetworkLink(head.Index, name, kind, address, mtu, head.Flags);
    }
}

using System.Buffers;
using System.Runtime.InteropServices;
using KataActors.Linux.Native;

namespace KataActors.Linux.Netlink;

/// <summary>An address of an interface: IPv4 or IPv6 by its length.</summary>
public sealed class NetworkAddress(int link, byte[] bytes, byte prefixLength, byte scope)
{
    /// <summary>The interface.</summary>
    public int Link { get; } = link;

    /// <summary>4 or 16 bytes.</summary>
    public byte[] Bytes { get; } = bytes;

    /// <summary>The bits of the network.</summary>
    public byte PrefixLength { get; } = prefixLength;

    /// <summary>Where it is valid (rtnetlink(7), <c>ifa_scope</c>).</summary>
    public byte Scope { get; } = scope;

    /// <summary>AF_INET.</summary>
    public const byte V4 = 2;

    /// <summary>AF_INET6.</summary>
    public const byte V6 = 10;

    private const int HardwareLength = 6;
    private const int HardwareTextLength = 17;

    /// <summary>The addresses of all interfaces, without temporary ones and those in use elsewhere on the network.</summary>
    public static List<NetworkAddress> All(NetlinkSocket socket)
    {
        var found = new List<NetworkAddress>();
        foreach (var message in socket.Dump(NetlinkMessage.Of(NetlinkNumbers.GetAddress, 0, default(AddressHead)), "list addresses"))
        {
            if (Parse(message) is { } address)
            {
                found.Add(address);
            }
        }

        return found;
    }

    /// <summary>Gives an interface an address, which may have it. It is valid at once: no other is asked whether it has the address.</summary>
    public static void Add(NetlinkSocket socket, NetworkAddress address) => socket.Request(
        NetlinkMessage.Of(NetlinkNumbers.NewAddress, NetlinkNumbers.Create | NetlinkNumbers.Replace, new AddressHead
        {
            Family = FamilyOf(address.Bytes),
            PrefixLength = address.PrefixLength,
            Scope = address.Scope,
            Link = address.Link,
        }).Add(NetlinkNumbers.AddressLocal, address.Bytes).Add(NetlinkNumbers.AddressPeer, address.Bytes).Add(NetlinkNumbers.AddressFlags, NetlinkNumbers.NoDuplicateDetection),
        "add address to interface",
        $"{address.Link}");

    /// <summary>The family of an address.</summary>
    public static byte FamilyOf(byte[] address) => address.Length == sizeof(int) ? V4 : V6;

    /// <summary>The bytes of an address in its usual text; null when it is none (inet_pton(3)).</summary>
    public static unsafe byte[]? TryParse(string text)
    {
        var family = text.Contains(':') ? V6 : V4;
        var bytes = new byte[family == V6 ? 16 : 4];
        // SAFETY: inet_pton writes 4 or 16 bytes, by the family.
        fixed (byte* first = bytes)
        {
            return LibC.inet_pton(family, text, first) == 1 ? bytes : null;
        }
    }

    /// <summary>The text of a hardware address; empty when it has not six bytes.</summary>
    public static string HardwareText(ReadOnlySpan<byte> bytes) =>
        bytes.Length == HardwareLength ? BitConverter.ToString(bytes.ToArray()).Replace('-', ':').ToLowerInvariant() : "";

    /// <summary>The six bytes of a hardware address; null when the text is none.</summary>
    public static byte[]? TryParseHardware(string text)
    {
        var bytes = new byte[HardwareLength];
        return text.Length == HardwareTextLength
            && Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal), bytes, out _, out var count) == OperationStatus.Done
            && HardwareText(bytes) == text.ToLowerInvariant()
            && count == HardwareLength
            ? bytes
            : null;
    }

    private static unsafe NetworkAddress? Parse(byte[] message)
    {
        var head = MemoryMarshal.Read<AddressHead>(message);
        var attributes = message.AsSpan(sizeof(AddressHead));
        var flags = NetlinkAttributes.Find(attributes, NetlinkNumbers.AddressFlags) is { IsEmpty: false } wide ? MemoryMarshal.Read<uint>(wide) : head.Flags;
        // Of a point-to-point link, the first is the peer's. IPv6 may have no other.
        var bytes = NetlinkAttributes.Find(attributes, NetlinkNumbers.AddressLocal) is { IsEmpty: false } local
            ? local
            : NetlinkAttributes.Find(attributes, NetlinkNumbers.AddressPeer);
        var isTemporary = head.Family == V6 && (flags & (NetlinkNumbers.Temporary | NetlinkNumbers.DuplicateFound)) != 0;
        return head.Family is V4 or V6 && bytes.Length is 4 or 16 && !isTemporary ? new NetworkAddress(head.Link, bytes.ToArray(), head.PrefixLength, head.Scope) : null;
    }
}

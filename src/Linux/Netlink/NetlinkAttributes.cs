using System.Runtime.InteropServices;
using System.Text;

namespace KataActors.Linux.Netlink;

/// <summary>Reads the attributes of a message of netlink(7), in their order. A damaged one ends them.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int Head = 4;
    private const ushort TypeBits = 0x3fff;

    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The type of the present attribute.</summary>
    internal ushort Type { get; private set; }

    /// <summary>Its value.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value as a number; 0 when it is too short.</summary>
    internal readonly int Number => Value.Length >= sizeof(int) ? MemoryMarshal.Read<int>(Value) : 0;

    /// <summary>The value as a text, up to its NUL.</summary>
    internal readonly string Text => Encoding.UTF8.GetString(Value.IndexOf((byte)0) is >= 0 and var end ? Value[..end] : Value);

    /// <summary>Goes to the next attribute; false at the end.</summary>
    internal bool Next()
    {
        if (_rest.Length < Head || MemoryMarshal.Read<ushort>(_rest) is var length && (length < Head || length > _rest.Length))
        {
            return false;
        }

        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & TypeBits);
        Value = _rest[Head..length];
        _rest = _rest[Math.Min(_rest.Length, NetlinkMessage.Align(length))..];
        return true;
    }

    /// <summary>The value of the attribute of a type; empty when it is missing.</summary>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> bytes, ushort type)
    {
        var attributes = new NetlinkAttributes(bytes);
        while (attributes.Next())
        {
            if (attributes.Type == type)
            {
                return attributes.Value;
            }
        }

        return [];
    }
}

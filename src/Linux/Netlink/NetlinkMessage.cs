using System.Runtime.InteropServices;
using System.Text;

namespace KataActors.Linux.Netlink;

/// <summary>A request of netlink(7) under construction: a header, a fixed part, attributes.</summary>
internal sealed class NetlinkMessage
{
    private const int Alignment = 4;
    private const int AttributeHead = 4;
    private static readonly int s_head = Marshal.SizeOf<MessageHead>();

    private byte[] _bytes = new byte[256];
    private int _length = s_head;

    private NetlinkMessage(ushort type, ushort flags)
    {
        Type = type;
        Flags = flags;
    }

    internal ushort Type { get; }

    internal ushort Flags { get; }

    /// <summary>A message with its fixed part.</summary>
    internal static NetlinkMessage Of<T>(ushort type, ushort flags, T fixedPart)
        where T : unmanaged
    {
        var message = new NetlinkMessage(type, flags);
        message.Append(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in fixedPart)));
        return message;
    }

    /// <summary>Adds an attribute.</summary>
    internal NetlinkMessage Add(ushort type, ReadOnlySpan<byte> value)
    {
        Append(BitConverter.GetBytes((ushort)(AttributeHead + value.Length)));
        Append(BitConverter.GetBytes(type));
        Append(value);
        _length = Align(_length);
        return this;
    }

    /// <summary>Adds an attribute of a number or a structure.</summary>
    internal NetlinkMessage Add<T>(ushort type, T value)
        where T : unmanaged => Add(type, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Adds an attribute that is a string with its NUL.</summary>
    internal NetlinkMessage Add(ushort type, string text) => Add(type, Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>Adds an attribute that holds attributes.</summary>
    internal NetlinkMessage AddNested(ushort type, Action<NetlinkMessage> content)
    {
        var start = _length;
        Add((ushort)(type | NetlinkNumbers.Nested), []);
        content(this);
        BitConverter.TryWriteBytes(_bytes.AsSpan(start), (ushort)(_length - start));
        return this;
    }

    /// <summary>The bytes to send.</summary>
    internal ReadOnlySpan<byte> ToBytes(uint sequence, ushort moreFlags)
    {
        var head = new MessageHead { Length = (uint)_length, Type = Type, Flags = (ushort)(Flags | moreFlags), Sequence = sequence };
        MemoryMarshal.Write(_bytes, in head);
        return _bytes.AsSpan(0, _length);
    }

    /// <summary>The length rounded up to where the next part begins.</summary>
    internal static int Align(int length) => (length + Alignment - 1) & ~(Alignment - 1);

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (Align(_length + bytes.Length) > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Align(_length + bytes.Length)));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}

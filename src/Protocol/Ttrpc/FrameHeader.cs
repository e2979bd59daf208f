using System.Buffers.Binary;

namespace KataActors.Protocol.Ttrpc;

internal enum FrameType : byte
{
    Request = 1,
    Response = 2,
    Data = 3,
}

[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    RemoteClosed = 1,
    RemoteOpen = 2,
}

/// <summary>
/// The ten bytes before each frame's data: length (u32, big endian), stream id (u32, big endian), type, flags.
/// The length is below 16 MiB, so the first byte of a frame is always zero.
/// </summary>
internal readonly record struct FrameHeader(int Length, uint StreamId, FrameType Type, FrameFlags Flags)
{
    public const int Size = 10;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], StreamId);
        destination[8] = (byte)Type;
        destination[9] = (byte)Flags;
    }

    /// <exception cref="MalformedFrameException">The length is above the limit, or the type unknown.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source);
        if (length > TtrpcLimits.MaxFrameData)
        {
            throw new MalformedFrameException($"frame of {length} bytes, the limit is {TtrpcLimits.MaxFrameData}");
        }

        var type = (FrameType)source[8];
        if (type is < FrameType.Request or > FrameType.Data)
        {
            throw new MalformedFrameException($"frame of unknown type {source[8]}");
        }

        return new FrameHeader((int)length, BinaryPrimitives.ReadUInt32BigEndian(source[4..]), type, (FrameFlags)source[9]);
    }
}

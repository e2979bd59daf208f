using KataActors.Protocol.Ttrpc;

namespace KataActors.Protocol.Control;

/// <summary>The result of one read of a container's output; the bytes are in the reader's buffer.</summary>
/// <param name="Count">Number of bytes; 0: none within the request's wait, or the stream has ended.</param>
/// <param name="EndOfStream">No byte follows these.</param>
public readonly record struct OutputChunk(int Count, bool EndOfStream)
{
    /// <summary>Reads a <see cref="ReadOutputResponse"/> without creating the object: its data goes directly to the destination.</summary>
    /// <exception cref="TtrpcException">Internal: there is more data than room.</exception>
    public static OutputChunk Read(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        var chunk = new OutputChunk(0, false);
        var reader = new WireReader(message);
        while (reader.TryReadTag(out int field, out int wireType))
        {
            switch (field, wireType)
            {
                case (ReadOutputResponse.DataFieldNumber, WireReader.LengthDelimited):
                    var data = reader.ReadBytes();
                    if (!data.TryCopyTo(destination))
                    {
                        throw new TtrpcException(
                            StatusCode.Internal, $"{data.Length} bytes of output where {destination.Length} were asked for");
                    }

                    chunk = chunk with { Count = data.Length };
                    break;
                case (ReadOutputResponse.EndOfStreamFieldNumber, WireReader.Varint):
                    chunk = chunk with { EndOfStream = reader.ReadVarint() != 0 };
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        return chunk;
    }
}

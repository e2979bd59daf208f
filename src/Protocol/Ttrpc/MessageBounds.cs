namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Bounds the memory for a message of an untrusted peer. Two bytes of a message may become an object, so the whole message must be small,
/// except for one field of bytes, which costs only its own length.
/// </summary>
/// <param name="BulkField">Number of the field of bytes that may fill a frame; 0: there is none.</param>
public readonly record struct MessageBounds(int BulkField)
{
    /// <summary>Most bytes of a message besides its bulk.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Checks a message before it is parsed.</summary>
    /// <exception cref="TtrpcException">ResourceExhausted: it is too large.</exception>
    /// <exception cref="MalformedFrameException">It is too large to be parsed unchecked, and malformed.</exception>
    internal void Check(ReadOnlySpan<byte> message)
    {
        if (message.Length > MostBytes && message.Length - Bulk(message) > MostBytes)
        {
            throw new TtrpcException(
                StatusCode.ResourceExhausted, $"a message of {message.Length} bytes, the limit without its payload is {MostBytes}");
        }
    }

    // Only one occurrence may be large: the parser copies each and keeps the last one.
    private int Bulk(ReadOnlySpan<byte> message)
    {
        int bulk = 0;
        var reader = new WireReader(message);
        while (reader.TryReadTag(out int field, out int wireType))
        {
            if (field == BulkField && wireType == WireReader.LengthDelimited)
            {
                bulk = Math.Max(bulk, reader.ReadBytes().Length);
            }
            else
            {
                reader.Skip(wireType);
            }
        }

        return bulk;
    }
}

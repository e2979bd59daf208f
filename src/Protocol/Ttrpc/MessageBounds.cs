namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Bounds what a message of a peer that is not trusted has its reader allocate. Two bytes of a message may become an object, so all of it is small,
/// except for one field of bytes, which costs what it holds.
/// </summary>
/// <param name="BulkField">Number of the field of bytes that may fill a frame; 0: there is none.</param>
public readonly record struct MessageBounds(int BulkField)
{
    /// <summary>Most bytes of a message besides its bulk.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Looks at a message before it is read.</summary>
    /// <exception cref="TtrpcException">ResourceExhausted: it is too large.</exception>
    /// <exception cref="MalformedFrameException">It is too large to be read before it was looked through, and no message.</exception>
    internal void Check(ReadOnlySpan<byte> message)
    {
        if (message.Length > MostBytes && message.Length - Bulk(message) > MostBytes)
        {
            throw new TtrpcException(
                StatusCode.ResourceExhausted, $"a message of {message.Length} bytes, the limit without its payload is {MostBytes}");
        }
    }

    // Only one occurrence counts: each is copied, and the last one is kept.
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

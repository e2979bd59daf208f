namespace KataActors.Protocol.Channel;

/// <summary>
/// Finds a byte pattern in a stream that arrives in pieces of any size (Knuth, Morris, Pratt).
/// </summary>
internal sealed class StreamMatcher
{
    private readonly byte[] _pattern;

    // _border[n]: length of the longest proper prefix of the pattern that ends its first n bytes.
    private readonly int[] _border;
    private int _matched;

    public StreamMatcher(byte[] pattern)
    {
        _pattern = pattern;
        _border = new int[pattern.Length + 1];
        for (int n = 2; n <= pattern.Length; n++)
        {
            _border[n] = Advance(_border[n - 1], pattern[n - 1]);
        }
    }

    public void Reset() => _matched = 0;

    /// <summary>Takes bytes up to the end of the pattern, and returns their number; -1 when all were taken and the pattern is incomplete.</summary>
    public int Match(ReadOnlySpan<byte> bytes)
    {
        for (int taken = 0; taken < bytes.Length;)
        {
            _matched = Advance(_matched, bytes[taken++]);
            if (_matched == _pattern.Length)
            {
                return taken;
            }
        }

        return -1;
    }

    private int Advance(int matched, byte value)
    {
        while (matched > 0 && _pattern[matched] != value)
        {
            matched = _border[matched];
        }

        return _pattern[matched] == value ? matched + 1 : 0;
    }
}

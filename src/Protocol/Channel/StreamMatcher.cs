namespace KataActors.Protocol.Channel;

/// <summary>
/// Finds a byte pattern in a stream that arrives in pieces (Knuth, Morris, Pratt). At least <see cref="Missing"/> further bytes are
/// needed to complete a match: a reader who takes no more than these never reads past the pattern.
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

    public int Missing => _pattern.Length - _matched;

    public void Reset() => _matched = 0;

    /// <summary>Takes at most <see cref="Missing"/> bytes; true when they complete the pattern.</summary>
    public bool Match(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, Missing);
        foreach (byte value in bytes)
        {
            _matched = Advance(_matched, value);
        }

        return _matched == _pattern.Length;
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

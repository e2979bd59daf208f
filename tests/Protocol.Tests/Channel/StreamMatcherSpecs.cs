namespace KataActors.Protocol.Channel;

public sealed class StreamMatcherSpecs
{
    [Theory]
    [InlineData("AABAAC", "AABAAC")]
    [InlineData("AABAAC", "AABAABAAC")]
    [InlineData("AABAAC", "AAAABAAC")]
    [InlineData("AABAAC", "xAABAAxAABAABAAC")]
    [InlineData("X", "aaX")]
    public void Should_find_the_pattern_at_its_first_place_when_it_follows_parts_of_itself(string pattern, string stream)
    {
        var matcher = new StreamMatcher([.. pattern.Select(c => (byte)c)]);
        Assert.Equal(stream.Length, Feed(matcher, [.. stream.Select(c => (byte)c)], () => stream.Length));
    }

    [Fact]
    public void Should_agree_with_a_plain_search_when_fed_random_streams_in_random_pieces()
    {
        var random = new Random(5);
        for (int round = 0; round < 5000; round++)
        {
            byte[] pattern = RandomBits(random, 1 + random.Next(8));
            byte[] stream = RandomBits(random, random.Next(64));
            int at = stream.AsSpan().IndexOf(pattern);
            int expected = at < 0 ? -1 : at + pattern.Length;
            Assert.Equal(expected, Feed(new StreamMatcher(pattern), stream, () => 1 + random.Next(64)));
        }
    }

    /// <summary>The number of bytes that were taken to complete the match, or -1.</summary>
    private static int Feed(StreamMatcher matcher, byte[] stream, Func<int> piece)
    {
        for (int at = 0; at < stream.Length;)
        {
            int count = Math.Min(piece(), stream.Length - at);
            int taken = matcher.Match(stream.AsSpan(at, count));
            if (taken >= 0)
            {
                return at + taken;
            }

            at += count;
        }

        return -1;
    }

    private static byte[] RandomBits(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(2))];
}

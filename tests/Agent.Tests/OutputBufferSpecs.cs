using KataActors.Agent.Streams;

namespace KataActors.Agent.Tests;

public sealed class OutputBufferSpecs
{
    [Fact]
    public void Should_keep_bytes_until_they_are_acknowledged()
    {
        using var buffer = new OutputBuffer(8);
        Put(buffer, "abcdef");

        Assert.Equal("abcdef"u8, buffer.Peek(100));
        Assert.Equal("abc"u8, buffer.Peek(3));

        buffer.Acknowledge(2);
        Assert.Equal("cdef"u8, buffer.Peek(100));
        Assert.Equal((2ul, 6ul), (buffer.Start, buffer.End));
    }

    [Fact]
    public void Should_offer_no_room_when_it_is_full()
    {
        using var buffer = new OutputBuffer(4);
        Put(buffer, "abcd");

        Assert.True(buffer.IsFull);
        Assert.Equal(0, buffer.Room(10).Length);

        buffer.Acknowledge(1);
        Assert.False(buffer.IsFull);
        Assert.Equal(1, buffer.Room(10).Length);
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(7, 7)]
    [InlineData(64, 13)]
    [InlineData(100_000, 70_000)]
    public void Should_give_back_the_stream_that_was_put_in_when_the_ring_goes_round(int capacity, int step)
    {
        using var buffer = new OutputBuffer(capacity);
        var random = new Random(17);
        var sent = new List<byte>();
        var received = new List<byte>();
        while (received.Count < capacity * 5)
        {
            var room = buffer.Room(random.Next(1, step + 1));
            random.NextBytes(room);
            sent.AddRange(room);
            buffer.Commit(room.Length);

            var taken = buffer.Peek(random.Next(0, step + 1));
            received.AddRange(taken);
            buffer.Acknowledge(buffer.Start + (ulong)taken.Length);
        }

        Assert.Equal(sent[..received.Count], received);
        Assert.Equal((ulong)sent.Count, buffer.End);
    }

    [Fact]
    public void Should_keep_what_is_not_acknowledged_when_its_pages_are_asked_back()
    {
        using var buffer = new OutputBuffer(8);
        Put(buffer, "abcdef");

        buffer.GiveBack();
        Assert.Equal("abcdef"u8, buffer.Peek(100));

        buffer.Acknowledge(6);
        buffer.GiveBack();
        Put(buffer, "gh");
        Assert.Equal("gh"u8, buffer.Peek(100));
        Assert.Equal((6ul, 8ul), (buffer.Start, buffer.End));
    }

    [Fact]
    public void Should_refuse_positions_that_it_does_not_hold()
    {
        using var buffer = new OutputBuffer(8);
        Put(buffer, "abcd");
        buffer.Acknowledge(2);

        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Acknowledge(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Acknowledge(5));
    }

    private static void Put(OutputBuffer buffer, string text)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        bytes.CopyTo(buffer.Room(bytes.Length));
        buffer.Commit(bytes.Length);
    }
}

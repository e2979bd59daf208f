namespace KataActors.Protocol.Ttrpc;

public sealed class FrameHeaderSpecs
{
    [Fact]
    public void Should_write_the_documented_bytes_when_given_a_request()
    {
        byte[] bytes = new byte[FrameHeader.Size];
        new FrameHeader(0x01_02_03, 0x0a_0b_0c_0d, FrameType.Request, FrameFlags.RemoteOpen).Write(bytes);
        Assert.Equal("000102030A0B0C0D0102", Convert.ToHexString(bytes));
    }

    [Theory]
    [InlineData("00000000000000010100", 0, 1u, FrameType.Request, FrameFlags.None)]
    [InlineData("00400000FFFFFFFF0201", 4194304, 4294967295u, FrameType.Response, FrameFlags.RemoteClosed)]
    [InlineData("000000050000000203FF", 5, 2u, FrameType.Data, (FrameFlags)255)]
    internal void Should_read_every_field_when_the_frame_is_valid(
        string hex, int length, uint streamId, FrameType type, FrameFlags flags) =>
        Assert.Equal(new FrameHeader(length, streamId, type, flags), FrameHeader.Read(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("00400001000000010100", "4194305")]
    [InlineData("FFFFFFFF000000010100", "4294967295")]
    [InlineData("00000000000000010000", "type 0")]
    [InlineData("00000000000000010400", "type 4")]
    [InlineData("0000000000000001FF00", "type 255")]
    public void Should_refuse_a_frame_when_its_length_or_type_is_not_allowed(string hex, string named)
    {
        var failure = Assert.Throws<MalformedFrameException>(() => FrameHeader.Read(Convert.FromHexString(hex)));
        Assert.Contains(named, failure.Message);
    }
}

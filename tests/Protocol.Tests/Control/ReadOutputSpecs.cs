using Google.Protobuf;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Protocol.Control;

/// <summary>Output that is read straight into a buffer.</summary>
public sealed class ReadOutputSpecs
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(5, false)]
    [InlineData(8, true)]
    public async Task Should_give_what_the_message_holds_when_it_fits(int size, bool end)
    {
        byte[] data = [.. Enumerable.Range(1, size).Select(i => (byte)i)];
        byte[] buffer = new byte[8];

        var chunk = await ReadAsync(new ReadOutputResponse { Data = ByteString.CopyFrom(data), EndOfStream = end }, buffer);

        Assert.Equal(new OutputChunk(size, end), chunk);
        Assert.Equal(data, buffer[..size]);
    }

    [Fact]
    public async Task Should_fail_the_call_when_there_are_more_bytes_than_room()
    {
        var failure = await Assert.ThrowsAsync<TtrpcException>(
            () => ReadAsync(new ReadOutputResponse { Data = ByteString.CopyFrom(new byte[9]) }, new byte[8]));
        Assert.Equal(StatusCode.Internal, failure.Code);
    }

    [Theory]
    [InlineData("0A05AABB")]
    [InlineData("FF")]
    public void Should_refuse_when_the_bytes_are_no_message(string hex) => Assert.Throws<MalformedFrameException>(
        () => OutputChunk.Read(Convert.FromHexString(hex), new byte[8]));

    [Fact]
    public void Should_pass_over_what_it_does_not_know_when_a_newer_daemon_says_more()
    {
        byte[] buffer = new byte[2];
        Assert.Equal(new OutputChunk(1, true), OutputChunk.Read(Convert.FromHexString("F83F07" + "0A0142" + "1001"), buffer));
        Assert.Equal(0x42, buffer[0]);
    }

    private static async Task<OutputChunk> ReadAsync(ReadOutputResponse response, byte[] buffer)
    {
        var server = new TtrpcServer().Register(
            ControlServiceNames.Control, ControlServiceNames.ReadOutput, ReadOutputRequest.Parser,
            (ReadOutputRequest _, TtrpcCallContext _) => Task.FromResult(response));
        await using var echo = await EchoService.StartAsync(server);
        return await new ControlClient(echo.Client).ReadOutputAsync(new ReadOutputRequest(), buffer, Deadline.Span, Deadline.Token);
    }
}

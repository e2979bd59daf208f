using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The server against raw bytes.</summary>
public sealed class TtrpcServerSpecs
{
    public static TheoryData<string> Malformed => new(
        Convert.ToHexString(RawPeer.Frame(1, 1, 0, [], length: TtrpcLimits.MaxFrameData + 1)),
        Convert.ToHexString(RawPeer.Frame(1, 4, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 0, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 2, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 3, 0, [])),
        Convert.ToHexString(RawPeer.Frame(2, 1, 0, [])),
        Convert.ToHexString(RawPeer.Frame(0, 1, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 1, 0, [0xff, 0xff, 0xff])),
        "FFFFFFFFFFFFFFFFFFFF",
        "474554202F20485454502F312E310D0A0D0A");

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Should_close_the_connection_and_no_other_when_a_frame_is_malformed(string hex)
    {
        var server = Server();
        using var other = await ConnectAsync(server);
        using var peer = await ConnectAsync(server);

        await peer.SendAsync(Convert.FromHexString(hex));

        await peer.ExpectEndAsync();
        Assert.IsType<MalformedFrameException>(await peer.Served.WaitAsync(Deadline.Span));
        await other.SendAsync(RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest()));
        Assert.Null((await other.Peer.ReceiveResponseAsync(1)).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(15)]
    public async Task Should_end_the_connection_when_the_peer_leaves_after_any_byte_of_a_frame(int sent)
    {
        using var peer = await ConnectAsync(Server());
        byte[] frame = RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest());
        await peer.SendAsync(frame[..sent]);

        peer.Peer.Close();

        var reason = await peer.Served.WaitAsync(Deadline.Span);
        Assert.Equal(sent == 0, reason is null);
    }

    [Fact]
    public async Task Should_answer_when_a_request_arrives_byte_by_byte()
    {
        using var peer = await ConnectAsync(Server());
        byte[] frame = RawPeer.Request(
            1, EchoService.Service, EchoService.Method, new WriteStreamRequest { Data = ByteString.CopyFromUtf8("hello") });

        await peer.SendAsync(frame.Select(value => new[] { value }).ToArray());

        var answer = ReadStreamResponse.Parser.ParseFrom((await peer.Peer.ReceiveResponseAsync(1)).Payload);
        Assert.Equal("hello", answer.Data.ToStringUtf8());
    }

    [Fact]
    public async Task Should_answer_all_when_several_requests_arrive_in_one_piece()
    {
        using var peer = await ConnectAsync(Server());

        await peer.SendAsync([
            .. RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest()),
            .. RawPeer.Request(5, EchoService.Service, EchoService.Method, new WriteStreamRequest())]);

        uint[] answered = [(await peer.Peer.ReceiveAsync()).Header.StreamId, (await peer.Peer.ReceiveAsync()).Header.StreamId];
        Assert.Equal([1u, 5u], answered.Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Should_answer_a_unary_call_when_its_flags_are_none_or_remote_closed(byte flags)
    {
        using var peer = await ConnectAsync(Server());
        await peer.SendAsync(RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest(), flags));
        Assert.Null((await peer.Peer.ReceiveResponseAsync(1)).Status);
    }

    [Fact]
    public async Task Should_refuse_a_streaming_call_and_pass_over_its_data_when_one_is_opened()
    {
        using var peer = await ConnectAsync(Server());

        await peer.SendAsync(
            RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest(), flags: 2),
            RawPeer.Frame(1, 3, 0, [1, 2, 3]),
            RawPeer.Frame(1, 3, 1, []));

        Assert.Equal((int)StatusCode.Unimplemented, (await peer.Peer.ReceiveResponseAsync(1)).Status.Code);
        await peer.SendAsync(RawPeer.Request(3, EchoService.Service, EchoService.Method, new WriteStreamRequest()));
        Assert.Null((await peer.Peer.ReceiveResponseAsync(3)).Status);
    }

    [Fact]
    public async Task Should_close_the_connection_when_a_stream_id_is_used_again()
    {
        using var peer = await ConnectAsync(Server());
        byte[] request = RawPeer.Request(3, EchoService.Service, EchoService.Method, new WriteStreamRequest());
        await peer.SendAsync(request);
        await peer.Peer.ReceiveResponseAsync(3);

        await peer.SendAsync(request);

        await peer.ExpectEndAsync();
    }

    [Fact]
    public async Task Should_refuse_only_the_call_when_its_payload_is_no_message()
    {
        using var peer = await ConnectAsync(Server());
        var request = new Request { Service = EchoService.Service, Method = EchoService.Method, Payload = ByteString.CopyFrom(0xff) };

        await peer.SendAsync(RawPeer.Frame(1, 1, 0, request.ToByteArray()));

        Assert.Equal((int)StatusCode.InvalidArgument, (await peer.Peer.ReceiveResponseAsync(1)).Status.Code);
    }

    [Fact]
    public async Task Should_say_so_briefly_when_the_names_are_huge()
    {
        using var peer = await ConnectAsync(Server());
        await peer.SendAsync(RawPeer.Request(1, new string('s', 1_000_000), "m", new WriteStreamRequest()));
        var status = (await peer.Peer.ReceiveResponseAsync(1)).Status;
        Assert.Equal((int)StatusCode.Unimplemented, status.Code);
        Assert.True(status.Message.Length < 100);
    }

    [Fact]
    public async Task Should_lose_the_connection_when_the_peer_takes_no_answer()
    {
        var server = new TtrpcServer { SendStall = TimeSpan.FromMilliseconds(100) }.Register(
            EchoService.Service, EchoService.Method, WriteStreamRequest.Parser,
            (WriteStreamRequest _, TtrpcCallContext _) =>
                Task.FromResult(new ReadStreamResponse { Data = ByteString.CopyFrom(new byte[3 << 20]) }));
        using var peer = await ConnectAsync(server);

        await peer.SendAsync(RawPeer.Request(1, EchoService.Service, EchoService.Method, new WriteStreamRequest()));

        Assert.Contains("took no data for 0.1 s", (await peer.Served.WaitAsync(Deadline.Span))!.Message);
    }

    [Fact]
    public async Task Should_refuse_at_once_when_a_method_is_registered_twice()
    {
        var server = Server();
        Assert.Throws<ArgumentException>(() => server.Register(
            EchoService.Service, EchoService.Method, WriteStreamRequest.Parser,
            (Func<WriteStreamRequest, TtrpcCallContext, Task<ReadStreamResponse>>)EchoService.Echo));
        using var peer = await ConnectAsync(server);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Should_survive_when_fed_random_and_bent_frames(int seed)
    {
        var random = new Random(seed);
        var server = Server();
        for (int round = 0; round < 100; round++)
        {
            using var peer = await ConnectAsync(server);
            byte[] bytes = random.Next(2) == 0
                ? RandomBytes(random)
                : Bend(random, RawPeer.Request(
                    1, EchoService.Service, EchoService.Method, new WriteStreamRequest { Data = ByteString.CopyFrom(RandomBytes(random)) }));
            try
            {
                await peer.SendAsync(bytes);
            }
            catch (IOException)
            {
                // The connection was closed on an early byte.
            }

            peer.Peer.Close();
            var reason = await peer.Served.WaitAsync(Deadline.Span);
            Assert.True(reason is null or MalformedFrameException or IOException or Linux.LinuxException or OperationCanceledException, $"{reason}");
        }
    }

    private static byte[] RandomBytes(Random random)
    {
        byte[] bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Bend(Random random, byte[] frame)
    {
        for (int i = random.Next(4); i >= 0; i--)
        {
            frame[random.Next(frame.Length)] = (byte)random.Next(256);
        }

        return frame[..random.Next(frame.Length + 1)];
    }

    private static TtrpcServer Server() => new TtrpcServer().Register(
        EchoService.Service, EchoService.Method, WriteStreamRequest.Parser,
        (Func<WriteStreamRequest, TtrpcCallContext, Task<ReadStreamResponse>>)EchoService.Echo);

    private static async Task<Connection> ConnectAsync(TtrpcServer server)
    {
        var (near, far) = await SocketPair.CreateStreamsAsync();
        return new Connection(new RawPeer(near), server.ServeAsync(new StreamTransport(far), CancellationToken.None));
    }

    private sealed record Connection(RawPeer Peer, Task<Exception?> Served) : IDisposable
    {
        public Task SendAsync(params byte[][] pieces) => Peer.SendAsync(pieces);

        public Task ExpectEndAsync() => Peer.ExpectEndAsync();

        public void Dispose() => Peer.Dispose();
    }
}

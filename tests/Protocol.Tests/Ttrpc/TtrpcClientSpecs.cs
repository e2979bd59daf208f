using KataActors.Protocol.Agent;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The client against raw bytes.</summary>
public sealed class TtrpcClientSpecs
{
    public static TheoryData<string> Malformed => new(
        Convert.ToHexString(RawPeer.Frame(1, 1, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 3, 0, [])),
        Convert.ToHexString(RawPeer.Frame(2, 2, 0, [])),
        Convert.ToHexString(RawPeer.Frame(3, 2, 0, [])),
        Convert.ToHexString(RawPeer.Frame(0, 2, 0, [])),
        Convert.ToHexString(RawPeer.Frame(1, 2, 0, [0xff])),
        Convert.ToHexString(RawPeer.Frame(1, 2, 0, [], length: int.MaxValue)),
        "00000001");

    [Fact]
    public async Task Should_send_the_documented_bytes_when_it_calls()
    {
        await using var connection = await ConnectAsync();
        _ = connection.CheckAsync(TimeSpan.FromSeconds(5));
        var (header, data) = await connection.Peer.ReceiveAsync();
        Assert.Equal(new FrameHeader(31, 1, FrameType.Request, FrameFlags.None), header);
        Assert.Equal("0A0B677270632E4865616C7468" + "1205436865636B" + "1A030A0178" + "2080E497D012", Convert.ToHexString(data));
    }

    [Fact]
    public async Task Should_number_its_streams_with_increasing_odd_ids_when_it_calls_again()
    {
        await using var connection = await ConnectAsync();
        for (uint id = 1; id < 9; id += 2)
        {
            var call = connection.CheckAsync(Deadline.Span);
            Assert.Equal(id, (await connection.Peer.ReceiveAsync()).Header.StreamId);
            await connection.Peer.SendAsync(RawPeer.Frame(id, 2, 0, []));
            await call;
        }
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Should_fail_all_calls_when_a_frame_is_malformed(string hex)
    {
        await using var connection = await ConnectAsync();
        var call = connection.CheckAsync(Deadline.Span);
        await connection.Peer.ReceiveAsync();

        await connection.Peer.SendAsync(Convert.FromHexString(hex));
        connection.Peer.Close();

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => call);
        Assert.Equal(StatusCode.Unavailable, failure.Code);
    }

    [Fact]
    public async Task Should_meet_each_deadline_when_the_peer_takes_no_byte()
    {
        await using var connection = await ConnectAsync();
        var request = new CheckRequest { Service = new string('x', 3 << 20) };

        var calls = Enumerable.Range(0, 3).Select(_ => connection.Client.CallAsync(
            AgentServiceNames.Health, AgentServiceNames.Check, request, HealthCheckResponse.Parser,
            TimeSpan.FromMilliseconds(100), CancellationToken.None));

        foreach (var call in calls)
        {
            var failure = await Assert.ThrowsAsync<TtrpcException>(() => call.WaitAsync(Deadline.Span));
            Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        }
    }

    [Fact]
    public async Task Should_lose_the_connection_when_the_peer_takes_no_byte_for_the_stall_limit()
    {
        await using var connection = await ConnectAsync(TimeSpan.FromMilliseconds(50));
        var request = new CheckRequest { Service = new string('x', 3 << 20) };

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => connection.Client.CallAsync(
            AgentServiceNames.Health, AgentServiceNames.Check, request, HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None));

        Assert.Equal(StatusCode.Unavailable, failure.Code);
        Assert.Contains("took no data", failure.Message);
    }

    [Fact]
    public async Task Should_send_later_calls_when_a_send_failed_before_its_first_byte()
    {
        await using var connection = await ConnectAsync(TimeSpan.FromSeconds(1));
        using var handle = File.OpenHandle("/dev/null");
        var refused = await Assert.ThrowsAsync<TtrpcException>(() => connection.Client.CallAsync(
            "s", "m", new CheckRequest(), HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None, [handle]));
        Assert.Equal(StatusCode.InvalidArgument, refused.Code);

        // Longer than the stall limit of the failed send.
        var unanswered = await Assert.ThrowsAsync<TtrpcException>(() => connection.CheckAsync(TimeSpan.FromSeconds(2)));
        Assert.Equal(StatusCode.DeadlineExceeded, unanswered.Code);
        await connection.Peer.ReceiveAsync();

        var call = connection.CheckAsync(Deadline.Span);
        var (header, _) = await connection.Peer.ReceiveAsync();
        await connection.Peer.SendAsync(RawPeer.Frame(header.StreamId, 2, 0, []));
        await call;
    }

    [Fact]
    public async Task Should_lose_the_connection_when_the_peer_answers_a_call_again()
    {
        await using var connection = await ConnectAsync();
        var call = connection.CheckAsync(Deadline.Span);
        await connection.Peer.ReceiveAsync();
        await connection.Peer.SendAsync(RawPeer.Frame(1, 2, 0, []));
        await call;

        await connection.Peer.SendAsync(RawPeer.Frame(1, 2, 0, []));

        Assert.Contains("second response to stream 1", (await connection.Client.Closed.WaitAsync(Deadline.Span)).Message);
    }

    [Fact]
    public async Task Should_drop_one_late_answer_for_each_call_that_was_given_up_and_no_more()
    {
        await using var connection = await ConnectAsync();
        await Assert.ThrowsAsync<TtrpcException>(() => connection.CheckAsync(TimeSpan.FromMilliseconds(50)));
        await connection.Peer.ReceiveAsync();
        await connection.Peer.SendAsync(RawPeer.Frame(1, 2, 0, []));
        var call = connection.CheckAsync(Deadline.Span);
        await connection.Peer.ReceiveAsync();
        await connection.Peer.SendAsync(RawPeer.Frame(3, 2, 0, []));
        await call;

        await connection.Peer.SendAsync(RawPeer.Frame(1, 2, 0, []));

        Assert.Contains("second response to stream 1", (await connection.Client.Closed.WaitAsync(Deadline.Span)).Message);
    }

    [Fact]
    public async Task Should_refuse_the_answer_of_an_agent_when_it_would_be_millions_of_objects()
    {
        await using var connection = await ConnectAsync();
        var call = new AgentClient(connection.Client).GetGuestDetailsAsync(new GuestDetailsRequest(), Deadline.Span, Deadline.Token);
        await connection.Peer.ReceiveAsync();
        byte[] handlers = [.. Enumerable.Repeat<byte[]>([0x22, 0x00], 100_000).SelectMany(bytes => bytes)];
        var answer = new Response { Payload = Google.Protobuf.ByteString.CopyFrom([0x12, 0xC0, 0x9A, 0x0C, .. handlers]) };

        await connection.Peer.SendAsync(RawPeer.Frame(1, 2, 0, Google.Protobuf.MessageExtensions.ToByteArray(answer)));

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => call);
        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.Contains("the limit without its payload is 65536", failure.Message);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public async Task Should_end_its_calls_when_fed_random_bytes(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            await using var connection = await ConnectAsync();
            var call = connection.CheckAsync(Deadline.Span);
            await connection.Peer.ReceiveAsync();
            byte[] data = new byte[random.Next(60)];
            random.NextBytes(data);
            await connection.Peer.SendAsync(random.Next(2) == 0 ? data : RawPeer.Frame(1, 2, 0, data));
            connection.Peer.Close();
            try
            {
                await call;
            }
            catch (TtrpcException)
            {
                // Any code: only the exception's type matters.
            }
        }
    }

    private static async Task<Connection> ConnectAsync(TimeSpan? stall = null)
    {
        var (near, far) = await SocketPair.CreateStreamsAsync();
        var client = new TtrpcClient(new StreamTransport(near, "raw"), TtrpcLimits.MaxCallsInFlight, stall ?? Deadline.Span);
        return new Connection(client, new RawPeer(far));
    }

    private sealed record Connection(TtrpcClient Client, RawPeer Peer) : IAsyncDisposable
    {
        public Task<HealthCheckResponse> CheckAsync(TimeSpan timeout) =>
            new AgentClient(Client).CheckAsync(new CheckRequest { Service = "x" }, timeout, CancellationToken.None);

        public async ValueTask DisposeAsync()
        {
            await Client.DisposeAsync();
            Peer.Dispose();
        }
    }
}

using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Protocol.Channel;

/// <summary>The guest's side against a fake host.</summary>
public sealed class GuestChannelSpecs
{
    private const string HostMagic = "F54B412D484F53542D48454C4C4F2D31";
    private const string GuestMagic = "F64B412D475545535448454C4C4F2D31";
    private const string Nonce1 = "000102030405060708090A0B0C0D0E0F";
    private const string Nonce2 = "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF";

    private static readonly byte[] s_check = RawPeer.Request(
        1, AgentServiceNames.Health, AgentServiceNames.Check, new CheckRequest { Service = "x" });

    private readonly VirtioPort _port = new();
    private readonly GuestChannel _channel;

    public GuestChannelSpecs() => _channel = new GuestChannel(_port.Device);

    [Theory]
    [InlineData("")]
    [InlineData("00000005000000010100AABB")]
    [InlineData("F5")]
    [InlineData("F54B412D48F54B412D48")]
    [InlineData("FFFFFFFF")]
    public async Task Should_echo_the_nonce_when_a_preamble_comes_after_any_stale_bytes(string stale)
    {
        var accepting = _channel.AcceptAsync(Deadline.Token);
        await using var host = _port.Connect();

        await SendAsync(host, stale + HostMagic + Nonce1);

        await using var session = await accepting;
        Assert.Equal(GuestMagic + Nonce1, await ReadAsync(host, 32));
    }

    [Fact]
    public async Task Should_find_a_preamble_with_few_reads_when_much_that_is_stale_comes_before()
    {
        const int stale = 1024 * 1024;
        var port = new Stored([.. new byte[stale], .. Convert.FromHexString(HostMagic + Nonce1), .. Tagged(s_check, Nonce1)]);

        await using var session = await new GuestChannel(port).AcceptAsync(Deadline.Token);

        Assert.InRange(port.Reads, 1, stale / 1024);
        Assert.Equal(s_check, await ReceiveAsync(session, s_check.Length));
        Assert.Equal(GuestMagic + Nonce1, Convert.ToHexString(port.Written));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(31)]
    public async Task Should_forget_half_a_preamble_when_the_host_left_within_it(int sent)
    {
        var accepting = _channel.AcceptAsync(Deadline.Token);
        var first = _port.Connect();
        await SendAsync(first, (HostMagic + Nonce1)[..(2 * sent)]);
        await first.DisposeAsync();
        await _port.DisconnectSeen.WaitAsync(Deadline.Span);
        await using var host = _port.Connect();

        await SendAsync(host, HostMagic + Nonce2);

        await using var session = await accepting;
        Assert.Equal(GuestMagic + Nonce2, await ReadAsync(host, 32));
    }

    [Fact]
    public async Task Should_answer_the_next_try_when_half_a_preamble_swallowed_one_unseen()
    {
        var accepting = _channel.AcceptAsync(Deadline.Token);
        await using var host = _port.Connect();
        await SendAsync(host, HostMagic + Nonce1[..10] + HostMagic + Nonce2);
        var false1 = await accepting;
        Assert.Equal(GuestMagic + Nonce1[..10] + HostMagic[..22], await ReadAsync(host, 32));
        Assert.Equal(0, await false1.ReceiveAsync(new byte[10], [], Deadline.Token));

        accepting = AcceptedAsync();
        await SendAsync(host, HostMagic + Nonce2);

        await using var session = await accepting;
        Assert.Equal(GuestMagic + Nonce2, await ReadAsync(host, 32));
    }

    [Fact]
    public async Task Should_give_frames_and_then_the_end_when_the_host_sends_and_leaves()
    {
        var host = await StartAsync(Nonce1);
        var session = await AcceptedAsync();
        await host.WriteAsync(Tagged(s_check, Nonce1));

        Assert.Equal(s_check, await ReceiveAsync(session, s_check.Length));
        await host.DisposeAsync();
        Assert.Equal(0, await session.ReceiveAsync(new byte[1], [], Deadline.Token));
        Assert.Equal(0, await session.ReceiveAsync(new byte[1], [], Deadline.Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    public async Task Should_drop_a_torn_frame_when_the_host_leaves_within_it(int sent)
    {
        var first = await StartAsync(Nonce1);
        var old = await AcceptedAsync();
        await first.WriteAsync(s_check.AsMemory(0, sent));
        Assert.Equal(sent, (await ReceiveAsync(old, sent)).Length);
        await first.DisposeAsync();
        Assert.Equal(0, await old.ReceiveAsync(new byte[1], [], Deadline.Token));

        await using var second = await StartAsync(Nonce2);
        await using var session = await AcceptedAsync();
        await second.WriteAsync(Tagged(s_check, Nonce2));

        Assert.Equal(s_check, await ReceiveAsync(session, s_check.Length));
        Assert.Equal(GuestMagic + Nonce2, await ReadAsync(second, 32));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(25)]
    public async Task Should_withhold_a_torn_frame_when_an_unseen_hosts_preamble_completes_it(int missing)
    {
        await using var host = await StartAsync(Nonce1);
        var old = await AcceptedAsync();
        await host.WriteAsync(s_check.AsMemory(0, s_check.Length - missing));
        await SendAsync(host, HostMagic + Nonce2 + HostMagic + Nonce2);

        int received = 0;
        int count;
        do
        {
            count = await old.ReceiveAsync(new byte[s_check.Length], [], Deadline.Token);
            received += count;
        }
        while (count > 0);

        Assert.True(received < s_check.Length);
        var accepting = AcceptedAsync();
        await SendAsync(host, HostMagic + Nonce1);
        await accepting;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(7)]
    public async Task Should_start_anew_at_once_when_a_preamble_stands_where_a_frames_tag_is_due(int tagBytes)
    {
        await using var host = await StartAsync(Nonce1);
        var old = await AcceptedAsync();
        await host.WriteAsync(Tagged(s_check, Nonce1).AsMemory(0, s_check.Length + tagBytes));
        await SendAsync(host, HostMagic + Nonce2);

        Assert.Equal(FrameHeader.Size, await old.ReceiveAsync(new byte[FrameHeader.Size], [], Deadline.Token));
        Assert.Equal(0, await old.ReceiveAsync(new byte[100], [], Deadline.Token));

        await using var session = await AcceptedAsync();
        Assert.Equal(GuestMagic + Nonce1 + GuestMagic + Nonce2, await ReadAsync(host, 64));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Should_end_the_session_when_another_preamble_stands_where_a_frame_is_due(int before)
    {
        await using var host = await StartAsync(Nonce1);
        var old = await AcceptedAsync();
        for (int i = 0; i < before; i++)
        {
            await host.WriteAsync(Tagged(s_check, Nonce1));
        }

        await SendAsync(host, HostMagic + Nonce2);
        await host.WriteAsync(Tagged(s_check, Nonce2));

        for (int i = 0; i < before; i++)
        {
            Assert.Equal(s_check, await ReceiveAsync(old, s_check.Length));
        }

        Assert.Equal(0, await old.ReceiveAsync(new byte[100], [], Deadline.Token));
        await using var session = await AcceptedAsync();
        Assert.Equal(s_check, await ReceiveAsync(session, s_check.Length));
        Assert.Equal(GuestMagic + Nonce1 + GuestMagic + Nonce2, await ReadAsync(host, 64));
    }

    [Fact]
    public async Task Should_answer_the_last_of_them_when_preambles_pile_up()
    {
        var accepting = _channel.AcceptAsync(Deadline.Token);
        await using var host = _port.Connect();
        await SendAsync(host, HostMagic + Nonce1 + HostMagic + Nonce2);

        var first = await accepting;
        Assert.Equal(0, await first.ReceiveAsync(new byte[10], [], Deadline.Token));
        await using var second = await AcceptedAsync();

        Assert.Equal(GuestMagic + Nonce1 + GuestMagic + Nonce2, await ReadAsync(host, 64));
    }

    [Fact]
    public async Task Should_drop_the_answers_of_the_old_session_when_a_new_one_begins()
    {
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        var server = new TtrpcServer().Register(
            AgentServiceNames.Health, AgentServiceNames.Check, CheckRequest.Parser,
            async (CheckRequest request, TtrpcCallContext _) =>
            {
                if (request.Service == "x")
                {
                    entered.SetResult();
                    await release.Task;
                    left.SetResult();
                }

                return new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving };
            });
        using var stop = new CancellationTokenSource();
        var loop = ServeAsync(server, stop.Token);
        var first = await StartAsync(Nonce1);
        await ReadAsync(first, 32);
        await first.WriteAsync(Tagged(s_check, Nonce1));
        await entered.Task.WaitAsync(Deadline.Span);
        await first.DisposeAsync();

        await using var second = await StartAsync(Nonce2);
        await ReadAsync(second, 32);
        release.SetResult();
        await left.Task.WaitAsync(Deadline.Span);
        await second.WriteAsync(
            Tagged(RawPeer.Request(7, AgentServiceNames.Health, AgentServiceNames.Check, new CheckRequest()), Nonce2));

        // Stream 1 was the old session's: its answer must not be sent at all.
        Assert.Equal("00000004" + "00000007" + "0200" + "12020801", await ReadAsync(second, 14));
        await stop.CancelAsync();
        await loop.WaitAsync(Deadline.Span);
    }

    [Fact]
    public async Task Should_refuse_to_send_when_its_session_has_ended()
    {
        await using var host = await StartAsync(Nonce1);
        var session = await AcceptedAsync();
        await session.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await session.SendAsync(s_check, [], Deadline.Token));
        Assert.Equal(GuestMagic + Nonce1, await ReadAsync(host, 32));
    }

    [Fact]
    public async Task Should_serve_every_call_when_hosts_come_and_leave_at_any_byte()
    {
        var server = new TtrpcServer().Register(
            AgentServiceNames.Health, AgentServiceNames.Check, CheckRequest.Parser,
            (CheckRequest request, TtrpcCallContext _) => Task.FromResult(new HealthCheckResponse()));
        using var stop = new CancellationTokenSource();
        var loop = ServeAsync(server, stop.Token);
        var random = new Random(3);
        var timing = new ChannelTiming(
            TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50));
        for (int round = 0; round < 40; round++)
        {
            // The guest may miss a short disconnect, but not a long one: therefore the host's pauses grow.
            int tries = 0;
            var stream = await AgentChannel.ConnectAsync(
                _ =>
                {
                    _port.HidesDisconnects = random.Next(3) == 0 && tries++ < 2;
                    return Task.FromResult(_port.Connect());
                },
                Deadline.Span, timing, Deadline.Token);
            var client = new TtrpcClient(new StreamTransport(stream, "guest"));
            for (int call = random.Next(3); call >= 0; call--)
            {
                await new AgentClient(client).CheckAsync(new CheckRequest(), Deadline.Span, Deadline.Token);
            }

            byte[] torn = RawPeer.Request(
                2001, AgentServiceNames.Health, AgentServiceNames.Check, new CheckRequest { Service = new string('x', random.Next(300)) });
            await stream.WriteAsync(torn.AsMemory(0, random.Next(torn.Length)));
            await client.DisposeAsync();
        }

        await stop.CancelAsync();
        await loop.WaitAsync(Deadline.Span);
    }

    private static byte[] Tagged(byte[] frame, string nonce) => [.. frame, .. Convert.FromHexString(nonce)[..8]];

    private async Task ServeAsync(TtrpcServer server, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await server.ServeAsync(await _channel.AcceptAsync(cancellation), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task<Stream> StartAsync(string nonce)
    {
        var host = _port.Connect();
        await SendAsync(host, HostMagic + nonce);
        return host;
    }

    private Task<ITtrpcTransport> AcceptedAsync() => _channel.AcceptAsync(Deadline.Token);

    private static async Task SendAsync(Stream host, string hex) => await host.WriteAsync(Convert.FromHexString(hex));

    private static async Task<string> ReadAsync(Stream host, int count)
    {
        byte[] bytes = new byte[count];
        await host.ReadExactlyAsync(bytes, Deadline.Token);
        return Convert.ToHexString(bytes);
    }

    private static async Task<byte[]> ReceiveAsync(ITtrpcTransport session, int count)
    {
        byte[] bytes = new byte[count];
        for (int got = 0; got < count;)
        {
            int received = await session.ReceiveAsync(bytes.AsMemory(got), [], Deadline.Token);
            Assert.NotEqual(0, received);
            got += received;
        }

        return bytes;
    }

    /// <summary>A port with a fixed input that is complete from the start.</summary>
    private sealed class Stored(byte[] bytes) : AsyncStream
    {
        private int _taken;

        public int Reads { get; private set; }

        public byte[] Written { get; private set; } = [];

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
        {
            Reads++;
            int count = Math.Min(buffer.Length, bytes.Length - _taken);
            bytes.AsMemory(_taken, count).CopyTo(buffer);
            _taken += count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default)
        {
            Written = [.. Written, .. buffer.Span];
            return ValueTask.CompletedTask;
        }
    }
}

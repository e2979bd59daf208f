using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Protocol.Channel;

/// <summary>The host's side against a fake guest.</summary>
public sealed class AgentChannelSpecs
{
    private const string HostMagic = "F54B412D484F53542D48454C4C4F2D31";
    private const string GuestMagic = "F64B412D475545535448454C4C4F2D31";

    private static readonly ChannelTiming s_quick = new(
        TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(1));

    private readonly VirtioPort _port = new();
    private int _opened;

    [Fact]
    public async Task Should_start_right_after_the_echo_when_the_guest_answers()
    {
        var connecting = ConnectAsync(Deadline.Span);
        byte[] preamble = await ReadAsync(32);
        Assert.Equal(HostMagic, Convert.ToHexString(preamble.AsSpan(0, 16)));

        await _port.Device.WriteAsync(Convert.FromHexString(GuestMagic + Convert.ToHexString(preamble.AsSpan(16)) + "0011"));

        await using var stream = await connecting;
        byte[] first = new byte[2];
        await stream.ReadExactlyAsync(first, Deadline.Token);
        Assert.Equal([0x00, 0x11], first);
        Assert.Equal(1, _opened);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(2029)]
    [InlineData(2030)]
    [InlineData(2031)]
    [InlineData(70_000)]
    public async Task Should_put_the_tag_behind_each_frame_when_frames_are_written_in_any_pieces(int size)
    {
        var connecting = ConnectAsync(Deadline.Span);
        byte[] preamble = await ReadAsync(32);
        await _port.Device.WriteAsync(Echo(preamble));
        await using var stream = await connecting;
        byte[] frame = RawPeer.Frame(1, 1, 0, new byte[size]);

        await stream.WriteAsync((byte[])[.. frame, .. frame, .. frame[..7]]);
        await stream.WriteAsync(frame.AsMemory(7));

        byte[] tagged = [.. frame, .. preamble[16..24]];
        byte[] expected = [.. tagged, .. tagged, .. tagged];
        Assert.Equal(expected, await ReadAsync(expected.Length));
    }

    [Fact]
    public async Task Should_use_a_fresh_nonce_when_it_connects_again()
    {
        var connecting = ConnectAsync(Deadline.Span);
        byte[] first = await ReadAsync(32);
        await _port.Device.WriteAsync(Echo(first));
        await (await connecting).DisposeAsync();

        connecting = ConnectAsync(Deadline.Span);
        byte[] second = await ReadAsync(32);
        await _port.Device.WriteAsync(Echo(second));
        await using var stream = await connecting;

        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("00000005000000010200AABB")]
    [InlineData("F6")]
    [InlineData("F64B412D475545535448454C4C4F2D31")]
    [InlineData("F64B412D475545535448454C4C4F2D3100112233445566778899AABBCCDDEEFF")]
    [InlineData("F64B412D475545535448454C4C4F2D31001122334455")]
    [InlineData("F64B412D4755455354F64B412D")]
    public async Task Should_pass_over_what_an_old_session_left_when_it_comes_before_the_echo(string stale)
    {
        var connecting = ConnectAsync(Deadline.Span);
        byte[] preamble = await ReadAsync(32);

        foreach (byte value in (byte[])[.. Convert.FromHexString(stale), .. Echo(preamble), 0x42])
        {
            await _port.Device.WriteAsync(new[] { value });
        }

        await using var stream = await connecting;
        byte[] first = new byte[1];
        await stream.ReadExactlyAsync(first, Deadline.Token);
        Assert.Equal(0x42, first[0]);
    }

    [Fact]
    public async Task Should_give_up_at_the_deadline_when_the_guest_never_echoes()
    {
        var failure = await Assert.ThrowsAsync<TtrpcException>(() => ConnectAsync(TimeSpan.FromSeconds(2)));
        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        Assert.Contains("did not answer within 2 s", failure.Message);
        Assert.Contains("no answer within 0.05 s", failure.Message);
        Assert.True(_opened > 1);
        _port.Connect();
    }

    [Fact]
    public async Task Should_not_take_its_own_preamble_for_an_echo_when_the_guest_reflects_it()
    {
        var connecting = ConnectAsync(TimeSpan.FromMilliseconds(200));
        await _port.Device.WriteAsync(await ReadAsync(32));
        await Assert.ThrowsAsync<TtrpcException>(() => connecting);
    }

    [Fact]
    public async Task Should_give_up_at_once_after_few_reads_when_the_guest_floods()
    {
        var flood = new Flood(long.MaxValue);

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => AgentChannel.ConnectAsync(
            _ => Task.FromResult<Stream>(flood), Deadline.Span,
            s_quick with { FirstTry = Deadline.Span, LongestTry = Deadline.Span }, CancellationToken.None));

        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.Contains("no echo within 8388608 bytes", failure.Message);
        Assert.InRange(flood.Reads, 1, 1024);
    }

    [Fact]
    public async Task Should_count_what_it_skips_in_all_tries_together_when_the_guest_ends_each()
    {
        int opened = 0;

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => AgentChannel.ConnectAsync(
            _ => ++opened <= 100 ? Task.FromResult<Stream>(new Flood(1024 * 1024)) : throw new InvalidOperationException("no end of tries"),
            Deadline.Span,
            s_quick with { FirstTry = Deadline.Span, LongestTry = Deadline.Span },
            CancellationToken.None));

        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.Equal(9, opened);
    }

    [Fact]
    public async Task Should_try_again_when_the_stream_does_not_open_or_ends()
    {
        int tries = 0;
        var connecting = AgentChannel.ConnectAsync(
            _ => ++tries switch
            {
                1 => throw new IOException("not there"),
                2 => Task.FromResult<Stream>(new MemoryStream()),
                _ => Task.FromResult(_port.Connect()),
            },
            Deadline.Span,
            s_quick with { FirstTry = Deadline.Span, LongestTry = Deadline.Span },
            CancellationToken.None);
        while (tries < 3)
        {
            await Task.Yield();
        }

        await _port.Device.WriteAsync(Echo(await ReadAsync(32)));

        await using var stream = await connecting;
    }

    [Fact]
    public async Task Should_name_the_last_cause_when_the_stream_never_opens()
    {
        var failure = await Assert.ThrowsAsync<TtrpcException>(() => AgentChannel.ConnectAsync(
            _ => throw new IOException("nobody there"), TimeSpan.FromMilliseconds(50), s_quick, CancellationToken.None));
        Assert.Contains("nobody there", failure.Message);
    }

    [Fact]
    public async Task Should_be_cancelled_when_the_caller_gives_up()
    {
        using var giveUp = new CancellationTokenSource();
        var connecting = AgentChannel.ConnectAsync(_ => Task.FromResult(_port.Connect()), Deadline.Span, ChannelTiming.Boot, giveUp.Token);
        await ReadAsync(32);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        _port.Connect();
    }

    [Fact]
    public async Task Should_let_a_programming_error_through_when_opening_throws_one() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => AgentChannel.ConnectAsync(
            _ => throw new InvalidOperationException(), Deadline.Span, ChannelTiming.Boot, CancellationToken.None));

    private static byte[] Echo(byte[] preamble) => [.. Convert.FromHexString(GuestMagic), .. preamble[16..]];

    private Task<Stream> ConnectAsync(TimeSpan deadline) => AgentChannel.ConnectAsync(
        _ =>
        {
            _opened++;
            return Task.FromResult(_port.Connect());
        },
        deadline,
        deadline == Deadline.Span ? ChannelTiming.Boot with { FirstTry = deadline, LongestTry = deadline } : s_quick,
        CancellationToken.None);

    private async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        await _port.Device.ReadExactlyAsync(bytes, Deadline.Token);
        return bytes;
    }

    private sealed class Flood(long bytes) : AsyncStream
    {
        private long _left = bytes;

        public int Reads { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation = default)
        {
            cancellation.ThrowIfCancellationRequested();
            Reads++;
            int count = (int)Math.Min(buffer.Length, _left);
            _left -= count;
            return ValueTask.FromResult(count);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellation = default) =>
            ValueTask.CompletedTask;
    }
}

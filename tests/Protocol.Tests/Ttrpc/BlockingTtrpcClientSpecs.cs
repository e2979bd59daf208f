using System.Net.Sockets;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The blocking client against the server, and against raw bytes.</summary>
public sealed class BlockingTtrpcClientSpecs : IDisposable
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(200);

    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly BlockingTtrpcClient _client;
    private readonly Socket _far;

    public BlockingTtrpcClientSpecs()
    {
        var path = _directory.File("test.sock");
        _listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _client = new BlockingTtrpcClient(BlockingSocket.Connect(path, Deadline.Span), "test.sock");
        _far = _listener.Accept();
    }

    public void Dispose()
    {
        _client.Dispose();
        _stop.Cancel();
        _far.Dispose();
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_send_the_bytes_that_the_other_client_sends()
    {
        var call = Task.Run(() => _client.Call(AgentServiceNames.Health, AgentServiceNames.Check, new CheckRequest { Service = "x" }, HealthCheckResponse.Parser, TimeSpan.FromSeconds(5)));
        var frame = new byte[41];
        for (var got = 0; got < frame.Length;)
        {
            got += _far.Receive(frame.AsSpan(got));
        }

        Assert.Equal("0000001F000000010100" + "0A0B677270632E4865616C7468" + "1205436865636B" + "1A030A0178" + "2080E497D012", Convert.ToHexString(frame));
        _far.Send(RawPeer.Frame(1, 2, 0, []));
        Assert.Equal(new HealthCheckResponse(), await call.WaitAsync(Deadline.Span));
    }

    [Fact]
    public async Task Should_give_each_of_many_threads_its_own_answer()
    {
        Serve(EchoService.Echo);
        var threads = Enumerable.Range(0, 8).Select(thread => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var data = new byte[1 + (((thread * 977) + (i * 331)) % 70_000)];
                    Array.Fill(data, (byte)(thread + i));
                    Assert.Equal(data, Echo(data, Deadline.Span));
                }
            },
            TaskCreationOptions.LongRunning));
        await Task.WhenAll(threads).WaitAsync(Deadline.Span);
    }

    [Fact]
    public async Task Should_answer_a_quick_call_while_a_slow_one_waits()
    {
        var release = new TaskCompletionSource();
        Serve(async (request, context) =>
        {
            if (request.Data.Length == 1)
            {
                await release.Task;
            }

            return await EchoService.Echo(request, context);
        });
        var slow = Task.Run(() => Echo([1], Deadline.Span));
        Assert.Equal([1, 2], Echo([1, 2], Deadline.Span));
        release.SetResult();
        Assert.Equal([1], await slow.WaitAsync(Deadline.Span));
    }

    [Fact]
    public void Should_meet_the_deadline_and_drop_the_late_answer()
    {
        var release = new TaskCompletionSource();
        Serve(async (request, context) =>
        {
            if (request.Data.Length == 1)
            {
                await release.Task;
            }

            return await EchoService.Echo(request, context);
        });
        var failure = Assert.Throws<TtrpcException>(() => Echo([1], s_soon));
        Assert.Equal((StatusCode.DeadlineExceeded, "Echo on \"test.sock\": no answer within 0.2 s"), (failure.Code, failure.Message));
        release.SetResult();
        Assert.Equal([1, 2], Echo([1, 2], Deadline.Span));
    }

    [Fact]
    public async Task Should_fail_every_waiting_call_when_the_connection_is_lost()
    {
        using var arrived = new CountdownEvent(3);
        Serve(async (_, context) =>
        {
            arrived.Signal();
            await Task.Delay(Timeout.Infinite, context.Cancelled);
            return new ReadStreamResponse();
        });
        var calls = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
            () => Assert.Throws<TtrpcConnectionLostException>(() => Echo([1], Deadline.Span)), TaskCreationOptions.LongRunning)).ToArray();
        Assert.True(arrived.Wait(Deadline.Span));
        _far.Shutdown(SocketShutdown.Both);
        foreach (var failure in await Task.WhenAll(calls).WaitAsync(Deadline.Span))
        {
            Assert.Equal((StatusCode.Unavailable, "connection to \"test.sock\" lost: closed by the peer"), (failure.Code, failure.Message));
            Assert.True(failure.WasSent);
        }

        Assert.True(_client.IsLost);
        var late = Assert.Throws<TtrpcConnectionLostException>(() => Echo([1], Deadline.Span));
        Assert.Equal((StatusCode.Unavailable, false), (late.Code, late.WasSent));
    }

    [Fact]
    public void Should_say_that_a_request_was_not_sent_when_the_peer_had_closed_before()
    {
        _far.Dispose();
        Assert.False(Assert.Throws<TtrpcConnectionLostException>(() => Echo([1], Deadline.Span)).WasSent);
    }

    [Fact]
    public void Should_give_the_servers_failure()
    {
        Serve((_, _) => throw new TtrpcException(StatusCode.NotFound, "container \"x\" does not exist"));
        var failure = Assert.Throws<TtrpcException>(() => Echo([1], Deadline.Span));
        Assert.Equal((StatusCode.NotFound, "container \"x\" does not exist"), (failure.Code, failure.Message));
        Assert.False(_client.IsLost);
    }

    [Theory]
    [MemberData(nameof(TtrpcClientSpecs.Malformed), MemberType = typeof(TtrpcClientSpecs))]
    public void Should_lose_the_connection_when_a_frame_is_malformed(string hex)
    {
        _far.Send(Convert.FromHexString(hex));
        _far.Shutdown(SocketShutdown.Send);
        Assert.Equal(StatusCode.Unavailable, Assert.ThrowsAny<TtrpcException>(() => Echo([1], Deadline.Span)).Code);
        Assert.True(_client.IsLost);
    }

    [Fact]
    public void Should_not_call_it_a_loss_when_the_peer_breaks_the_protocol()
    {
        _far.Send(Convert.FromHexString("00000000" + "00000001" + "0900"));
        Assert.Equal(StatusCode.Unavailable, Assert.Throws<TtrpcException>(() => Echo([1], Deadline.Span)).Code);
        Assert.Equal(StatusCode.Unavailable, Assert.Throws<TtrpcException>(() => Echo([1], Deadline.Span)).Code);
    }

    [Fact]
    public void Should_carry_descriptors()
    {
        var seen = "";
        Serve((request, context) =>
        {
            using var descriptor = context.TakeDescriptor(0);
            seen = new FileInfo($"/proc/self/fd/{descriptor.DangerousGetHandle()}").LinkTarget;
            return EchoService.Echo(request, context);
        });
        using var file = File.OpenHandle("/etc/passwd");
        _client.Call(EchoService.Service, EchoService.Method, new WriteStreamRequest(), ReadStreamResponse.Parser, Deadline.Span, [file]);
        Assert.Equal("/etc/passwd", seen);
    }

    [Fact]
    public void Should_refuse_a_request_above_the_limit()
    {
        var failure = Assert.Throws<TtrpcException>(() => Echo(new byte[TtrpcLimits.MaxFrameData], Deadline.Span));
        Assert.Equal(StatusCode.ResourceExhausted, failure.Code);
        Assert.False(_client.IsLost);
    }

    private void Serve(Func<WriteStreamRequest, TtrpcCallContext, Task<ReadStreamResponse>> handler) =>
        _ = new TtrpcServer()
            .Register(EchoService.Service, EchoService.Method, WriteStreamRequest.Parser, handler)
            .ServeAsync(new UnixSocketTransport(_far, "client"), _stop.Token);

    private byte[] Echo(byte[] data, TimeSpan timeout)
    {
        var request = new WriteStreamRequest { Data = ByteString.CopyFrom(data) };
        return _client.Call(EchoService.Service, EchoService.Method, request, ReadStreamResponse.Parser, timeout).Data.ToByteArray();
    }
}

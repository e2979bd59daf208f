using System.Collections.Concurrent;
using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Protocol.Ttrpc;

/// <summary>Client and server against each other.</summary>
public sealed class TtrpcCallSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(TtrpcLimits.StreamChunk)]
    [InlineData(4 * 1024 * 1024 - 64)]
    public async Task Should_bring_every_byte_back_when_the_payload_has_any_allowed_size(int size)
    {
        await using var echo = await EchoService.StartAsync(EchoService.Echo);
        byte[] data = new byte[size];
        new Random(size).NextBytes(data);

        var answer = await echo.CallAsync(data);

        Assert.True(answer.Data.Span.SequenceEqual(data));
    }

    [Fact]
    public async Task Should_answer_each_caller_with_its_own_data_when_1000_calls_run_at_once()
    {
        var release = new TaskCompletionSource();
        int running = 0;
        await using var echo = await EchoService.StartAsync(async (request, _) =>
        {
            if (Interlocked.Increment(ref running) == 1000)
            {
                release.SetResult();
            }

            await release.Task;
            return new ReadStreamResponse { Data = request.Data };
        });

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 1000).Select(i => Task.Run(() => echo.CallAsync(BitConverter.GetBytes(i)))));

        Assert.Equal(Enumerable.Range(0, 1000), answers.Select(answer => BitConverter.ToInt32(answer.Data.Span)));
    }

    [Fact]
    public async Task Should_refuse_the_surplus_call_when_the_server_is_at_its_bound()
    {
        var release = new TaskCompletionSource();
        await using var echo = await EchoService.StartAsync(
            async (_, _) =>
            {
                await release.Task;
                return new ReadStreamResponse();
            },
            serverLimit: 3);
        var held = Enumerable.Range(0, 3).Select(_ => echo.CallAsync([])).ToArray();

        var refusal = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));

        Assert.Equal(StatusCode.ResourceExhausted, refusal.Code);
        release.SetResult();
        await Task.WhenAll(held);
        await echo.CallAsync([]);
    }

    [Fact]
    public async Task Should_refuse_the_surplus_call_when_the_client_is_at_its_bound()
    {
        var release = new TaskCompletionSource();
        await using var echo = await EchoService.StartAsync(
            async (_, _) =>
            {
                await release.Task;
                return new ReadStreamResponse();
            },
            clientLimit: 2);
        var held = Enumerable.Range(0, 2).Select(_ => echo.CallAsync([])).ToArray();

        var refusal = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));

        Assert.Equal(StatusCode.ResourceExhausted, refusal.Code);
        release.SetResult();
        await Task.WhenAll(held);
    }

    [Fact]
    public async Task Should_never_exceed_the_bound_when_a_client_at_its_bound_calls_again_with_each_answer()
    {
        await using var echo = await EchoService.StartAsync(EchoService.Echo, serverLimit: 4, clientLimit: 8);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 250; i++)
            {
                await echo.CallAsync([1]);
            }
        })));
    }

    [Fact]
    public async Task Should_end_on_both_sides_when_the_deadline_passes()
    {
        var seen = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var echo = await EchoService.StartAsync(async (_, context) =>
        {
            using var told = context.Cancelled.Register(() => seen.TrySetResult());
            await release.Task;
            return new ReadStreamResponse();
        });

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([], TimeSpan.FromSeconds(1)));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.Code);
        Assert.Equal("Echo on \"test.sock\": no answer within 1 s", failure.Message);
        await seen.Task.WaitAsync(Deadline.Span);
        release.SetResult();
        await echo.CallAsync([]);
    }

    [Fact]
    public async Task Should_drop_the_late_answer_when_the_caller_has_given_up()
    {
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        await using var echo = await EchoService.StartAsync(async (request, _) =>
        {
            if (request.Data.Length == 0)
            {
                entered.SetResult();
                await release.Task;
            }

            return new ReadStreamResponse { Data = request.Data };
        });
        using var giveUp = new CancellationTokenSource();
        var call = echo.CallAsync([], cancellation: giveUp.Token);
        await entered.Task.WaitAsync(Deadline.Span);

        await giveUp.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(giveUp.Token, cancelled.CancellationToken);
        release.SetResult();
        Assert.Equal(5, (await echo.CallAsync([5])).Data[0]);
    }

    [Fact]
    public async Task Should_not_send_when_the_token_is_cancelled_before_the_call()
    {
        int served = 0;
        await using var echo = await EchoService.StartAsync((request, context) =>
        {
            Interlocked.Increment(ref served);
            return EchoService.Echo(request, context);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => echo.CallAsync([], cancellation: new CancellationToken(true)));

        await echo.CallAsync([]);
        Assert.Equal(1, served);
    }

    [Fact]
    public async Task Should_fail_every_call_with_unavailable_when_the_connection_is_lost()
    {
        await using var echo = await EchoService.StartAsync(async (_, context) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, context.Cancelled);
            return new ReadStreamResponse();
        });
        var calls = Enumerable.Range(0, 10).Select(_ => echo.CallAsync([])).ToArray();

        echo.StopServing();

        foreach (var call in calls)
        {
            var failure = await Assert.ThrowsAsync<TtrpcException>(() => call.WaitAsync(Deadline.Span));
            Assert.Equal(StatusCode.Unavailable, failure.Code);
            Assert.Contains("\"test.sock\" lost", failure.Message);
        }

        Assert.Equal(StatusCode.Unavailable, (await echo.Client.Closed.WaitAsync(Deadline.Span)).Code);
        var late = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));
        Assert.Equal(StatusCode.Unavailable, late.Code);
    }

    [Fact]
    public async Task Should_cancel_the_handlers_when_the_client_leaves()
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        await using var echo = await EchoService.StartAsync(async (_, context) =>
        {
            using var told = context.Cancelled.Register(cancelled.SetResult);
            entered.SetResult();
            await cancelled.Task;
            return new ReadStreamResponse();
        });
        var call = echo.CallAsync([]);
        await entered.Task.WaitAsync(Deadline.Span);

        await echo.Client.DisposeAsync();

        await cancelled.Task.WaitAsync(Deadline.Span);
        await Assert.ThrowsAsync<TtrpcException>(() => call);
        Assert.Null(await echo.Serving.WaitAsync(Deadline.Span));
    }

    [Fact]
    public async Task Should_carry_code_and_message_when_a_handler_refuses()
    {
        await using var echo = await EchoService.StartAsync(
            (_, _) => throw new TtrpcException(StatusCode.NotFound, "container \"x\" not found"));

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));

        Assert.Equal((StatusCode.NotFound, "container \"x\" not found"), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Should_say_internal_and_tell_the_owner_when_a_handler_throws_what_nobody_expected()
    {
        var told = new ConcurrentQueue<(string, Exception)>();
        await using var echo = await EchoService.StartAsync(
            (_, _) => throw new InvalidOperationException("broken"),
            onUnexpected: (method, failure) => told.Enqueue((method, failure)));

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));

        Assert.Equal((StatusCode.Internal, "broken"), (failure.Code, failure.Message));
        var (method, cause) = Assert.Single(told);
        Assert.Equal("test.Echo/Echo", method);
        Assert.IsType<InvalidOperationException>(cause);
    }

    [Fact]
    public async Task Should_say_internal_when_a_handler_gives_no_answer()
    {
        await using var echo = await EchoService.StartAsync((_, _) => Task.FromResult<ReadStreamResponse>(null!));
        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([]));
        Assert.Equal(StatusCode.Internal, failure.Code);
    }

    [Theory]
    [InlineData("test.Echo", "Other")]
    [InlineData("other", "Echo")]
    [InlineData("", "")]
    public async Task Should_name_the_method_when_it_is_not_served(string service, string method)
    {
        await using var echo = await EchoService.StartAsync(EchoService.Echo);

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.Client.CallAsync(
            service, method, new CheckRequest(), HealthCheckResponse.Parser, Deadline.Span, CancellationToken.None));

        Assert.Equal((StatusCode.Unimplemented, $"method \"{service}/{method}\" is not served"), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Should_refuse_without_harm_when_request_or_response_is_too_large()
    {
        await using var echo = await EchoService.StartAsync((request, _) => Task.FromResult(
            new ReadStreamResponse { Data = ByteString.CopyFrom(new byte[request.Data.Length == 1 ? 5 << 20 : 0]) }));

        var request = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync(new byte[5 << 20]));
        var response = await Assert.ThrowsAsync<TtrpcException>(() => echo.CallAsync([1]));

        Assert.Equal(StatusCode.ResourceExhausted, request.Code);
        Assert.Equal(StatusCode.ResourceExhausted, response.Code);
        await echo.CallAsync([]);
    }

    [Fact]
    public async Task Should_fail_the_call_only_when_the_answer_is_of_another_type()
    {
        await using var echo = await EchoService.StartAsync(new TtrpcServer().Register(
            EchoService.Service, EchoService.Method, WriteStreamRequest.Parser,
            (WriteStreamRequest _, TtrpcCallContext _) => Task.FromResult(new ReadStreamResponse { Data = ByteString.CopyFrom(0xff) })));

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => echo.Client.CallAsync(
            EchoService.Service, EchoService.Method, new WriteStreamRequest(), StateResponse.Parser, Deadline.Span, CancellationToken.None));

        Assert.Equal(StatusCode.Internal, failure.Code);
        Assert.False(echo.Client.Closed.IsCompleted);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task Should_be_a_usage_error_when_the_timeout_is_not_positive(int milliseconds)
    {
        await using var echo = await EchoService.StartAsync(EchoService.Echo);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => echo.CallAsync([], TimeSpan.FromMilliseconds(milliseconds)));
    }

    [Fact]
    public async Task Should_tell_who_calls_when_the_transport_is_a_unix_socket()
    {
        TtrpcPeer? peer = null;
        await using var echo = await EchoService.StartAsync((request, context) =>
        {
            peer = context.Peer;
            return EchoService.Echo(request, context);
        });

        await echo.CallAsync([]);

        Assert.Equal(Environment.ProcessId, peer!.Pid);
    }
}

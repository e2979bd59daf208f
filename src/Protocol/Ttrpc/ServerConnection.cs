using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Protocol.Ttrpc;

/// <summary>One connection of a server: reads requests, runs their handlers, sends the answers.</summary>
internal sealed class ServerConnection(TtrpcServer server, ITtrpcTransport transport)
{
    private readonly FrameWriter _writer = new(transport, server.SendStall);
    private readonly CancellationTokenSource _lost = new();
    private Exception? _sendFailure;
    private uint _lastStreamId;
    private int _inFlight;

    public async Task<Exception?> RunAsync(CancellationToken cancellation)
    {
        using var reader = new FrameReader(transport);
        using var stop = cancellation.UnsafeRegister(static state => ((ServerConnection)state!).Lose(), this);
        try
        {
            while (await reader.ReadAsync(_lost.Token).ConfigureAwait(false))
            {
                await TakeAsync(reader).ConfigureAwait(false);
            }

            return null;
        }
        catch (Exception failure)
        {
            return cancellation.IsCancellationRequested ? null : _sendFailure ?? failure;
        }
        finally
        {
            Lose();
            _writer.Dispose();
            await transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask TakeAsync(FrameReader reader)
    {
        var header = reader.Header;
        if (header.Type == FrameType.Data && header.StreamId <= _lastStreamId)
        {
            // Belongs to a streaming call, which was answered Unimplemented.
            return;
        }

        if (header.Type != FrameType.Request)
        {
            throw new MalformedFrameException($"frame of type {header.Type} where a request is due");
        }

        if ((header.StreamId & 1) == 0 || header.StreamId <= _lastStreamId)
        {
            throw new MalformedFrameException($"request on stream {header.StreamId} after stream {_lastStreamId}");
        }

        _lastStreamId = header.StreamId;
        try
        {
            Start(header, reader);
            return;
        }
        catch (TtrpcException refusal)
        {
            // Sent before the next frame is read, so that a flood of invalid requests is slowed down by its own answers.
            await AnswerAsync(header.StreamId, null, refusal, endsCall: false).ConfigureAwait(false);
        }
    }

    private void Start(FrameHeader header, FrameReader reader)
    {
        var view = Envelope.ReadRequest(reader.Data);
        if ((header.Flags & FrameFlags.RemoteOpen) != 0)
        {
            throw new TtrpcException(StatusCode.Unimplemented, "streaming requests are not served");
        }

        var method = server.Find(view.Service, view.Method);
        if (reader.HasDescriptors && !DescriptorRoom.Has(DescriptorRoom.Reserve))
        {
            reader.CloseDescriptors();
            throw new TtrpcException(StatusCode.ResourceExhausted, $"method \"{method.Name}\": too few descriptors are left to this process (RLIMIT_NOFILE)");
        }

        if (Volatile.Read(ref _inFlight) >= server.MaxCallsInFlight)
        {
            throw new TtrpcException(
                StatusCode.ResourceExhausted, $"method \"{method.Name}\": {server.MaxCallsInFlight} calls are in flight");
        }

        IMessage request;
        try
        {
            request = method.Parse(view.Payload);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new TtrpcException(StatusCode.InvalidArgument, $"method \"{method.Name}\": the request is no valid message", e);
        }
        catch (TtrpcException e)
        {
            throw new TtrpcException(e.Code, $"method \"{method.Name}\": {e.Message}", e);
        }

        Interlocked.Increment(ref _inFlight);
        var context = new TtrpcCallContext(transport.Peer, reader.TakeDescriptors(), view.TimeoutNano, _lost.Token);
        ThreadPool.UnsafeQueueUserWorkItem(
            static call => _ = call.Connection.HandleAsync(call.StreamId, call.Method, call.Request, call.Context),
            (Connection: this, header.StreamId, Method: method, Request: request, Context: context),
            preferLocal: false);
    }

    private async Task HandleAsync(uint streamId, ServedMethod method, IMessage request, TtrpcCallContext context)
    {
        IMessage? response = null;
        TtrpcException? failure = null;
        try
        {
            response = await method.InvokeAsync(request, context).ConfigureAwait(false);
        }
        catch (TtrpcException e)
        {
            failure = e;
        }
        catch (OperationCanceledException) when (context.Cancelled.IsCancellationRequested)
        {
            failure = new TtrpcException(StatusCode.DeadlineExceeded, $"method \"{method.Name}\" did not end in time");
        }
        catch (Exception e)
        {
            failure = new TtrpcException(StatusCode.Internal, e.Message, e);
            server.Unexpected(method.Name, e);
        }

        // Before the answer, so that the request's descriptors are closed when the caller has it.
        context.End();
        try
        {
            await AnswerAsync(streamId, response, failure, endsCall: true).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            // The frame may be torn: nothing more can be sent on this connection.
            _sendFailure ??= failed;
            Lose();
        }
    }

    private async Task AnswerAsync(uint streamId, IMessage? response, TtrpcException? failure, bool endsCall)
    {
        await _writer.WaitTurnAsync(_lost.Token).ConfigureAwait(false);
        try
        {
            // Before sending, so that a caller at its limit can call again as soon as it has the answer.
            if (endsCall)
            {
                Interlocked.Decrement(ref _inFlight);
            }

            int size = Write(response, failure);
            await _writer.SendAsync(new FrameHeader(size, streamId, FrameType.Response, FrameFlags.None), []).ConfigureAwait(false);
        }
        finally
        {
            _writer.ReleaseTurn();
        }
    }

    private int Write(IMessage? response, TtrpcException? failure)
    {
        if (failure is null && response is null)
        {
            failure = new TtrpcException(StatusCode.Internal, "the handler gave no answer");
        }

        if (failure is null)
        {
            int payloadSize = response!.CalculateSize();
            int size = Envelope.ResponseSize(payloadSize);
            if (size <= TtrpcLimits.MaxFrameData)
            {
                Envelope.WriteResponse(_writer.Reserve(size), response, payloadSize);
                return size;
            }

            failure = new TtrpcException(
                StatusCode.ResourceExhausted, $"response of {size} bytes, the limit is {TtrpcLimits.MaxFrameData}");
        }

        var refusal = new Response
        {
            Status = new Status { Code = (int)failure.Code, Message = PrintableText.Of(failure.Message, TtrpcLimits.MaxMessageLength) },
        };
        int refusalSize = refusal.CalculateSize();
        refusal.WriteTo(_writer.Reserve(refusalSize));
        return refusalSize;
    }

    private void Lose()
    {
        // Asynchronously: the handlers' callbacks on their tokens must not run on the caller's stack.
        _ = _lost.CancelAsync();
    }
}

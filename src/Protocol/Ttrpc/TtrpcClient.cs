using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// The calling side of one connection, for any number of threads. Calls run side by side; each has a deadline, which is sent to
/// the server and holds even when the server is silent. When the connection ends, all calls fail with
/// <see cref="StatusCode.Unavailable"/>, and so do later ones: a client is not connected again.
/// </summary>
public sealed class TtrpcClient : IAsyncDisposable
{
    private readonly ITtrpcTransport _transport;
    private readonly FrameWriter _writer;
    private readonly int _maxCalls;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, PendingCall> _calls = [];
    private readonly TaskCompletionSource<TtrpcException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _receiving;
    private long _nextStreamId = 1;
    private int _outstanding;
    private int _abandoned;

    /// <summary>Starts to listen for responses. The client owns the transport.</summary>
    public TtrpcClient(ITtrpcTransport transport)
        : this(transport, TtrpcLimits.MaxCallsInFlight, TtrpcLimits.SendStall)
    {
    }

    internal TtrpcClient(ITtrpcTransport transport, int maxCalls, TimeSpan sendStall)
    {
        _transport = transport;
        _maxCalls = maxCalls;
        _writer = new FrameWriter(transport, sendStall);
        _receiving = Task.Run(ReceiveAsync);
    }

    /// <summary>The peer's name in error messages.</summary>
    public string Address => _transport.Address;

    /// <summary>Completes, never with an exception, when the connection has ended; the result says why.</summary>
    public Task<TtrpcException> Closed => _closed.Task;

    /// <summary>Calls a unary method.</summary>
    /// <param name="service">Full name of the service, package included.</param>
    /// <param name="method">Name of the method.</param>
    /// <param name="request">Must not be changed until the call has ended.</param>
    /// <param name="parser">Reads the answer.</param>
    /// <param name="timeout">How long the caller waits; above zero.</param>
    /// <param name="cancellation">Gives the call up on this side. The server is not told; its answer is dropped.</param>
    /// <param name="descriptors">Sent with the request, in this order; owned by the caller, who may close them when the call has ended.</param>
    /// <param name="bounds">Bounds the answer of a peer that is not trusted.</param>
    /// <exception cref="TtrpcException">The server's failure, or: DeadlineExceeded; Unavailable, the connection is lost;
    /// ResourceExhausted, too many calls in flight or too large a request.</exception>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled.</exception>
    public Task<TResponse> CallAsync<TResponse>(
        string service,
        string method,
        IMessage request,
        MessageParser<TResponse> parser,
        TimeSpan timeout,
        CancellationToken cancellation,
        IReadOnlyList<SafeHandle>? descriptors = null,
        MessageBounds? bounds = null)
        where TResponse : IMessage<TResponse>
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout.TotalMilliseconds, int.MaxValue);
        if (descriptors?.Count > TtrpcLimits.MaxDescriptors)
        {
            return Task.FromException<TResponse>(new TtrpcException(
                StatusCode.ResourceExhausted,
                $"{method} on \"{Address}\": {descriptors.Count} descriptors, the limit is {TtrpcLimits.MaxDescriptors}"));
        }

        if (Interlocked.Increment(ref _outstanding) > _maxCalls)
        {
            ReleaseSlot();
            return Task.FromException<TResponse>(new TtrpcException(
                StatusCode.ResourceExhausted, $"{method} on \"{Address}\": {_maxCalls} calls are in flight"));
        }

        var call = new PendingCall<TResponse>(this, service, method, request, parser, bounds, timeout);
        try
        {
            call.Hold(descriptors ?? []);
        }
        catch
        {
            call.ReleaseDescriptors();
            ReleaseSlot();
            throw;
        }

        call.Arm(cancellation);
        _ = SendAsync(call);
        return call.Outcome;
    }

    /// <summary>Ends the connection; calls in flight fail with Unavailable.</summary>
    public async ValueTask DisposeAsync()
    {
        Close("closed by this side", null);
        await _receiving.ConfigureAwait(false);
        await DisposeTransportAsync().ConfigureAwait(false);
    }

    internal void Forget(PendingCall call)
    {
        lock (_lock)
        {
            if (_calls.Remove(call.StreamId) && !call.IsAnswered)
            {
                _abandoned++;
            }
        }
    }

    internal void ReleaseSlot() => Interlocked.Decrement(ref _outstanding);

    private async Task SendAsync(PendingCall call)
    {
        bool myTurn = false;
        try
        {
            await _writer.WaitTurnAsync(_stop.Token).ConfigureAwait(false);
            myTurn = true;
            if (Write(call) is { } header)
            {
                await _writer.SendAsync(header, call.Descriptors).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            call.Fail(Lost());
        }
        catch (TtrpcException failure)
        {
            call.Fail(failure);
        }
        catch (Exception failure)
        {
            Close(failure.Message, failure);
            call.Fail(Lost());
        }
        finally
        {
            if (myTurn)
            {
                _writer.ReleaseTurn();
            }

            call.EndSending();
        }
    }

    /// <summary>Fills the writer's buffer and opens the stream; null when the call has ended meanwhile.</summary>
    private FrameHeader? Write(PendingCall call)
    {
        int payloadSize = call.Request.CalculateSize();
        int size = Envelope.RequestSize(call.Service, call.Method, payloadSize, call.TimeoutNano);
        if (size > TtrpcLimits.MaxFrameData)
        {
            throw new TtrpcException(
                StatusCode.ResourceExhausted,
                $"{call.Method} on \"{Address}\": request of {size} bytes, the limit is {TtrpcLimits.MaxFrameData}");
        }

        Envelope.WriteRequest(_writer.Reserve(size), call.Service, call.Method, call.Request, payloadSize, call.TimeoutNano);
        lock (_lock)
        {
            if (_closed.Task.IsCompleted)
            {
                throw Lost();
            }

            if (call.IsSettled)
            {
                return null;
            }

            if (_nextStreamId > uint.MaxValue)
            {
                throw new TtrpcException(StatusCode.Unavailable, $"connection to \"{Address}\" has used all of its stream ids");
            }

            // Ids are assigned in the order of sending, because servers require increasing ones.
            call.StreamId = (uint)_nextStreamId;
            _nextStreamId += 2;
            _calls.Add(call.StreamId, call);
        }

        return new FrameHeader(size, call.StreamId, FrameType.Request, FrameFlags.None);
    }

    private async Task ReceiveAsync()
    {
        using var reader = new FrameReader(_transport);
        try
        {
            while (await reader.ReadAsync(_stop.Token).ConfigureAwait(false))
            {
                Take(reader);
            }

            Close("closed by the peer", null);
        }
        catch (Exception failure)
        {
            Close(failure.Message, failure);
        }
    }

    private void Take(FrameReader reader)
    {
        var header = reader.Header;
        if (header.Type != FrameType.Response || reader.HasDescriptors)
        {
            throw new MalformedFrameException("frame that answers no unary call");
        }

        PendingCall? call;
        lock (_lock)
        {
            if ((header.StreamId & 1) == 0 || header.StreamId >= _nextStreamId)
            {
                throw new MalformedFrameException($"response to stream {header.StreamId}, which was not opened");
            }

            if (_calls.TryGetValue(header.StreamId, out call))
            {
                call.IsAnswered = true;
            }
            else if (--_abandoned < 0)
            {
                throw new MalformedFrameException($"second response to stream {header.StreamId}");
            }
        }

        // Without a call: the response is late, its caller has left.
        call?.Complete(reader.Data);
    }

    private void Close(string reason, Exception? cause)
    {
        var failure = new TtrpcException(
            StatusCode.Unavailable, $"connection to \"{Address}\" lost: {PrintableText.Of(reason, TtrpcLimits.MaxMessageLength)}", cause);
        PendingCall[] calls;
        lock (_lock)
        {
            if (!_closed.TrySetResult(failure))
            {
                return;
            }

            calls = [.. _calls.Values];
        }

        _stop.Cancel();
        _writer.Dispose();
        foreach (var call in calls)
        {
            call.Fail(Lost());
        }

        _ = DisposeTransportAsync();
    }

    // One exception for each call: an instance thrown by several tasks would gather all of their stack traces.
    private TtrpcException Lost()
    {
        var reason = _closed.Task.Result;
        return new TtrpcException(reason.Code, reason.Message, reason.InnerException);
    }

    private async Task DisposeTransportAsync()
    {
        try
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The connection is gone either way.
        }
    }
}

using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Linux;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// The calling side of one connection for small and short programs: calls block their threads and no other thread is used. Several threads may
/// call; one of the waiting threads reads for all of them, and passes this role on when it has its own answer. Errors and
/// the end of the connection are those of <see cref="TtrpcClient"/>; a lost connection is a <see cref="TtrpcConnectionLostException"/>.
/// </summary>
public sealed class BlockingTtrpcClient : IDisposable
{
    private readonly BlockingSocket _socket;
    private readonly object _lock = new();
    private readonly Lock _sending = new();
    private readonly Dictionary<uint, WaitingCall> _calls = [];
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private byte[] _received = new byte[TtrpcLimits.FirstBuffer];
    private byte[] _sent = new byte[TtrpcLimits.FirstBuffer];
    private int _headerBytes;
    private int _dataBytes;
    private FrameHeader _frame;
    private long _nextStreamId = 1;
    private bool _reading;
    private volatile string? _lost;
    private bool _isBroken;

    /// <param name="socket">Owned by the client.</param>
    /// <param name="address">Names the peer in error messages.</param>
    public BlockingTtrpcClient(BlockingSocket socket, string address)
    {
        _socket = socket;
        Address = address;
    }

    /// <summary>The peer's name in error messages.</summary>
    public string Address { get; }

    /// <summary>Whether the connection has ended; every call fails then.</summary>
    public bool IsLost => _lost is not null;

    /// <summary>Calls a unary method and parses its answer.</summary>
    /// <exception cref="TtrpcException">The same failures as <see cref="TtrpcClient"/>'s.</exception>
    public TResponse Call<TResponse>(
        string service, string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, IReadOnlyList<SafeHandle>? descriptors = null)
        where TResponse : IMessage<TResponse> =>
        Call(service, method, request, payload => Parse(method, parser, payload), timeout, descriptors);

    /// <summary>
    /// Calls a unary method; <paramref name="reader"/> takes the answer out of the receive buffer, maybe on another thread than the
    /// caller's.
    /// </summary>
    /// <exception cref="TtrpcException">The same failures as <see cref="TtrpcClient"/>'s.</exception>
    public TResult Call<TResult>(
        string service, string method, IMessage request, TtrpcResponseReader<TResult> reader, TimeSpan timeout, IReadOnlyList<SafeHandle>? descriptors = null)
    {
        var call = new WaitingCall<TResult>(method, reader, timeout);
        var streamId = Send(call, service, request, descriptors ?? []);
        try
        {
            Wait(call);
        }
        finally
        {
            lock (_lock)
            {
                _calls.Remove(streamId);
            }
        }

        return call.Failure is { } failure ? throw failure : call.Result!;
    }

    /// <summary>Ends the connection; open calls fail with Unavailable.</summary>
    public void Dispose()
    {
        Lose("closed by this side");
        lock (_lock)
        {
            // A thread that still reads returns at once, because the connection is shut down.
            while (_reading)
            {
                Monitor.Wait(_lock);
            }
        }

        _socket.Dispose();
    }

    private uint Send(WaitingCall call, string service, IMessage request, IReadOnlyList<SafeHandle> descriptors)
    {
        if (descriptors.Count > TtrpcLimits.MaxDescriptors)
        {
            throw Refused(call, $"{descriptors.Count} descriptors, the limit is {TtrpcLimits.MaxDescriptors}");
        }

        var timeoutNano = (long)call.Timeout.TotalMicroseconds * 1000;
        var payloadSize = request.CalculateSize();
        var size = Envelope.RequestSize(service, call.Method, payloadSize, timeoutNano);
        if (size > TtrpcLimits.MaxFrameData)
        {
            throw Refused(call, $"request of {size} bytes, the limit is {TtrpcLimits.MaxFrameData}");
        }

        lock (_sending)
        {
            // Ids are assigned in the order of sending, because servers require increasing ones.
            var streamId = Open(call);
            var frame = Reserve(FrameHeader.Size + size);
            new FrameHeader(size, streamId, FrameType.Request, FrameFlags.None).Write(frame);
            Envelope.WriteRequest(frame[FrameHeader.Size..], service, call.Method, request, payloadSize, timeoutNano);
            try
            {
                _socket.Send(frame, descriptors, TtrpcLimits.SendStall);
                call.WasSent = true;
            }
            catch (Exception failure) when (failure is LinuxException or TimeoutException or ObjectDisposedException)
            {
                Lose(failure.Message);
            }

            return streamId;
        }
    }

    private uint Open(WaitingCall call)
    {
        lock (_lock)
        {
            if (_lost is not null)
            {
                throw Lost(call);
            }

            if (_nextStreamId > uint.MaxValue)
            {
                throw new TtrpcException(StatusCode.Unavailable, $"connection to \"{Address}\" has used all of its stream ids");
            }

            var streamId = (uint)_nextStreamId;
            _nextStreamId += 2;
            _calls.Add(streamId, call);
            return streamId;
        }
    }

    private Span<byte> Reserve(int size)
    {
        if (_sent.Length < size || _sent.Length > TtrpcLimits.MaxKeptBuffer)
        {
            _sent = new byte[Math.Max(size, TtrpcLimits.FirstBuffer)];
        }

        return _sent.AsSpan(0, size);
    }

    private void Wait(WaitingCall call)
    {
        while (!IsSettled(call))
        {
            ReadFor(call);
        }
    }

    // True: the call has its outcome. False: the caller becomes the reading thread.
    private bool IsSettled(WaitingCall call)
    {
        lock (_lock)
        {
            while (true)
            {
                if (call.IsTaken)
                {
                    // Its answer is being read, maybe into the caller's own buffer.
                    while (!call.IsDone)
                    {
                        Monitor.Wait(_lock);
                    }

                    return true;
                }

                call.Failure = _lost is not null ? Lost(call)
                    : call.Left > TimeSpan.Zero ? null
                    : new TtrpcException(StatusCode.DeadlineExceeded, $"{call.Method} on \"{Address}\": no answer within {call.Timeout.TotalSeconds:0.###} s");
                if (call.Failure is not null)
                {
                    return true;
                }

                if (!_reading)
                {
                    _reading = true;
                    return false;
                }

                Monitor.Wait(_lock, call.Left);
            }
        }
    }

    // Reads until the call has its answer, its deadline has passed, or the connection has ended. A half-read frame stays for the next reader.
    private void ReadFor(WaitingCall call)
    {
        try
        {
            // Without the lock: this very thread takes its own answer.
            while (!call.IsTaken && call.Left > TimeSpan.Zero && _lost is null)
            {
                ReadSome(call.Left);
            }
        }
        catch (Exception failure) when (failure is LinuxException or MalformedFrameException or ObjectDisposedException)
        {
            Lose(failure.Message, isBroken: failure is MalformedFrameException);
        }
        finally
        {
            lock (_lock)
            {
                _reading = false;
                Monitor.PulseAll(_lock);
            }
        }
    }

    private void ReadSome(TimeSpan timeout)
    {
        var inHeader = _headerBytes < FrameHeader.Size;
        if (!inHeader)
        {
            Grow();
        }

        var free = inHeader ? _header.AsSpan(_headerBytes) : _received.AsSpan(_dataBytes, Math.Min(_received.Length, _frame.Length) - _dataBytes);
        var got = _socket.Receive(free, timeout);
        if (got < 0)
        {
            return;
        }

        if (got == 0)
        {
            Lose("closed by the peer");
            return;
        }

        _headerBytes += inHeader ? got : 0;
        _dataBytes += inHeader ? 0 : got;
        if (inHeader && _headerBytes == FrameHeader.Size)
        {
            _frame = FrameHeader.Read(_header);
        }

        if (_headerBytes == FrameHeader.Size && _dataBytes == _frame.Length)
        {
            _headerBytes = 0;
            _dataBytes = 0;
            Take(_received.AsSpan(0, _frame.Length));
        }
    }

    // The buffer grows with the received bytes, so that a header alone cannot make this side allocate 4 MiB.
    private void Grow()
    {
        if (_dataBytes == 0 && _received.Length > TtrpcLimits.MaxKeptBuffer)
        {
            _received = new byte[TtrpcLimits.FirstBuffer];
        }

        if (_dataBytes == _received.Length)
        {
            Array.Resize(ref _received, Math.Min(_frame.Length, _received.Length * 4));
        }
    }

    private void Take(ReadOnlySpan<byte> data)
    {
        WaitingCall? call;
        lock (_lock)
        {
            if (_frame.Type != FrameType.Response || (_frame.StreamId & 1) == 0 || _frame.StreamId >= _nextStreamId)
            {
                throw new MalformedFrameException($"frame of type {_frame.Type} on stream {_frame.StreamId}, which answers no call");
            }

            if (!_calls.Remove(_frame.StreamId, out call))
            {
                // Late: its caller has left.
                return;
            }

            call.IsTaken = true;
        }

        try
        {
            call.Complete(data);
        }
        catch (MalformedFrameException failure)
        {
            Lose(failure.Message, isBroken: true);
            call.Failure = Lost(call);
        }

        lock (_lock)
        {
            call.IsDone = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Lose(string reason, bool isBroken = false)
    {
        lock (_lock)
        {
            // Once: afterwards the socket may be closed.
            if (_lost is null)
            {
                _isBroken = isBroken;
                _lost = PrintableText.Of(reason, TtrpcLimits.MaxMessageLength);
                _socket.Shutdown();
                Monitor.PulseAll(_lock);
            }
        }
    }

    // A peer that breaks the protocol would do so again: not a loss that another connection repairs.
    private TtrpcException Lost(WaitingCall call)
    {
        var message = $"connection to \"{Address}\" lost: {_lost}";
        return _isBroken ? new TtrpcException(StatusCode.Unavailable, message) : new TtrpcConnectionLostException(message, call.WasSent);
    }

    private TtrpcException Refused(WaitingCall call, string cause) =>
        new(StatusCode.ResourceExhausted, $"{call.Method} on \"{Address}\": {cause}");

    private static TResponse Parse<TResponse>(string method, MessageParser<TResponse> parser, ReadOnlySpan<byte> payload)
        where TResponse : IMessage<TResponse>
    {
        try
        {
            return parser.ParseFrom(payload);
        }
        catch (InvalidProtocolBufferException failure)
        {
            throw new TtrpcException(StatusCode.Internal, $"{method}: the answer is no valid message: {failure.Message}", failure);
        }
    }
}

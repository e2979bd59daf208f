using System.Runtime.InteropServices;
using Google.Protobuf;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// One call of a client from its start to its answer. It ends once: by response, deadline, cancellation or loss of the connection.
/// </summary>
internal abstract class PendingCall(TtrpcClient client, string service, string method, IMessage request, TimeSpan timeout)
{
    private readonly List<SafeHandle> _held = [];
    private Timer? _timer;
    private CancellationTokenRegistration _registration;
    private int _settled;
    private int _stages = 2;

    public string Service => service;

    public string Method => method;

    public IMessage Request => request;

    public long TimeoutNano => timeout.Ticks * 100;

    /// <summary>The descriptors that go with the request. They cannot be closed before it is sent.</summary>
    public IReadOnlyList<SafeHandle> Descriptors => _held;

    /// <summary>0 until the request gets its turn to be sent.</summary>
    public uint StreamId { get; set; }

    /// <summary>A response has come. Guarded by the client's lock.</summary>
    public bool IsAnswered { get; set; }

    public bool IsSettled => Volatile.Read(ref _settled) != 0;

    /// <exception cref="ObjectDisposedException">A descriptor is closed.</exception>
    public void Hold(IReadOnlyList<SafeHandle> descriptors)
    {
        foreach (var descriptor in descriptors)
        {
            bool added = false;
            descriptor.DangerousAddRef(ref added);
            _held.Add(descriptor);
        }
    }

    public void ReleaseDescriptors()
    {
        foreach (var descriptor in _held)
        {
            descriptor.DangerousRelease();
        }

        _held.Clear();
    }

    /// <summary>Starts the clock and listens to the caller's token.</summary>
    public void Arm(CancellationToken cancellation)
    {
        _timer = new Timer(static state => ((PendingCall)state!).Expire(), this, timeout, Timeout.InfiniteTimeSpan);
        _registration = cancellation.UnsafeRegister(
            static (state, token) => ((PendingCall)state!).Cancel(token), this);
        if (IsSettled)
        {
            Disarm();
        }
    }

    /// <summary>Takes a response's frame data.</summary>
    /// <exception cref="MalformedFrameException">The data is not a response.</exception>
    public void Complete(ReadOnlySpan<byte> data)
    {
        var payload = Envelope.ReadResponse(data, out var failure);
        if (!Settle())
        {
            return;
        }

        if (failure is not null)
        {
            SetFailure(failure);
            return;
        }

        try
        {
            SetAnswer(payload);
        }
        catch (TtrpcException e)
        {
            SetFailure(new TtrpcException(e.Code, $"{Subject}: {e.Message}", e));
        }
        catch (Exception e)
        {
            // Any exception, because the call gets no other outcome.
            SetFailure(new TtrpcException(StatusCode.Internal, $"{Subject}: the answer is no valid message: {e.Message}", e));
        }
    }

    public void Fail(TtrpcException failure)
    {
        if (Settle())
        {
            SetFailure(failure);
        }
    }

    /// <summary>The request was sent, or never will be.</summary>
    public void EndSending()
    {
        ReleaseDescriptors();
        EndStage();
    }

    protected abstract void SetAnswer(ReadOnlySpan<byte> payload);

    protected abstract void SetFailure(TtrpcException failure);

    protected abstract void SetCancelled(CancellationToken cancellation);

    private string Subject => $"{method} on \"{client.Address}\"";

    /// <summary>True for the single caller that may set the outcome.</summary>
    private bool Settle()
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
        {
            return false;
        }

        client.Forget(this);
        Disarm();
        EndStage();
        return true;
    }

    private void Expire() =>
        Fail(new TtrpcException(StatusCode.DeadlineExceeded, $"{Subject}: no answer within {timeout.TotalSeconds:0.###} s"));

    private void Cancel(CancellationToken cancellation)
    {
        if (Settle())
        {
            SetCancelled(cancellation);
        }
    }

    private void Disarm()
    {
        _timer?.Dispose();
        _registration.Unregister();
    }

    // A call counts as outstanding until it has its outcome and its request has left the queue.
    private void EndStage()
    {
        if (Interlocked.Decrement(ref _stages) == 0)
        {
            client.ReleaseSlot();
        }
    }
}

internal sealed class PendingCall<TResponse>(
    TtrpcClient client, string service, string method, IMessage request, MessageParser<TResponse> parser, MessageBounds? bounds, TimeSpan timeout)
    : PendingCall(client, service, method, request, timeout)
    where TResponse : IMessage<TResponse>
{
    private readonly TaskCompletionSource<TResponse> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TResponse> Outcome => _outcome.Task;

    protected override void SetAnswer(ReadOnlySpan<byte> payload)
    {
        bounds?.Check(payload);
        _outcome.SetResult(parser.WithDiscardUnknownFields(true).ParseFrom(payload));
    }

    protected override void SetFailure(TtrpcException failure) => _outcome.SetException(failure);

    protected override void SetCancelled(CancellationToken cancellation) => _outcome.SetCanceled(cancellation);
}

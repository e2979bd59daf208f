using System.Diagnostics;

namespace KataActors.Protocol.Ttrpc;

/// <summary>One call of a <see cref="BlockingTtrpcClient"/> between its request and its answer.</summary>
internal abstract class WaitingCall(string method, TimeSpan timeout)
{
    private readonly long _start = Stopwatch.GetTimestamp();

    public string Method => method;

    public TimeSpan Timeout => timeout;

    public TimeSpan Left => timeout - Stopwatch.GetElapsedTime(_start) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>The whole request was sent. Used by the caller's thread only.</summary>
    public bool WasSent { get; set; }

    /// <summary>A thread has its answer. Guarded by the client's lock, like the two that follow.</summary>
    public bool IsTaken { get; set; }

    /// <summary>The thread that has its answer is done with it.</summary>
    public bool IsDone { get; set; }

    public TtrpcException? Failure { get; set; }

    /// <exception cref="MalformedFrameException">The data is not a response.</exception>
    public void Complete(ReadOnlySpan<byte> data)
    {
        var payload = Envelope.ReadResponse(data, out var failure);
        Failure = failure;
        if (failure is not null)
        {
            return;
        }

        try
        {
            Answer(payload);
        }
        catch (TtrpcException refused)
        {
            Failure = refused;
        }
    }

    protected abstract void Answer(ReadOnlySpan<byte> payload);
}

internal sealed class WaitingCall<TResult>(string method, TtrpcResponseReader<TResult> reader, TimeSpan timeout) : WaitingCall(method, timeout)
{
    public TResult? Result { get; private set; }

    protected override void Answer(ReadOnlySpan<byte> payload) => Result = reader(payload);
}

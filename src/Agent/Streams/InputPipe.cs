using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Agent.Streams;

/// <summary>
/// The host's end of a process's stdin, a pipe or the master of a terminal. Bytes carry their position in the whole input, so that a write may be repeated: bytes that were
/// accepted before are dropped.
/// </summary>
internal sealed class InputPipe : IDisposable
{
    /// <summary>How long a write with a position may wait for room before it answers that nothing was accepted.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly SafeFileHandle _pipe;
    private readonly CancellationTokenSource _closed = new();
    private ulong _accepted;
    private readonly Action? _whenClosed;
    private ulong? _closeAt;

    /// <summary>Takes the write end over.</summary>
    /// <param name="pipe">The write end.</param>
    /// <param name="whenClosed">Told that it was closed.</param>
    internal InputPipe(SafeFileHandle pipe, Action? whenClosed = null)
    {
        _pipe = pipe;
        _whenClosed = whenClosed;
        Descriptors.SetNonBlocking(pipe);
    }

    /// <summary>Writes as many bytes as there is room for, at least one if room appears in time; the answer is the number of accepted bytes.</summary>
    internal async Task<WriteStreamResponse> WriteAsync(WriteStreamRequest request, CancellationToken cancellation)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closed.Token);
        if (request.HasOffset)
        {
            waiting.CancelAfter(LongestWait);
        }

        var written = 0;
        while (true)
        {
            written = TryWrite(request, written);
            // A stock host expects the whole write to be accepted.
            var enough = request.HasOffset ? written > 0 : written == request.Data.Length;
            if (enough || request.Data.Length == 0)
            {
                return new WriteStreamResponse { Len = (uint)written };
            }

            try
            {
                await DescriptorEvents.WaitWritableAsync(_pipe, waiting.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (request.HasOffset && !cancellation.IsCancellationRequested && !_closed.IsCancellationRequested)
            {
                return new WriteStreamResponse { Len = 0 };
            }
            catch (Exception failure) when (_closed.IsCancellationRequested && failure is OperationCanceledException or ObjectDisposedException)
            {
                throw Closed();
            }
        }
    }

    /// <summary>The process reads the end of its input: at once, or when all bytes below <paramref name="length"/> are accepted.</summary>
    internal void Close(ulong? length)
    {
        lock (_gate)
        {
            _closeAt = length ?? _accepted;
            CloseWhenComplete();
        }
    }

    private static TtrpcException Closed() => new(StatusCode.FailedPrecondition, "stdin is closed");

    /// <summary>The number of bytes of the request's data that are accepted by now.</summary>
    private int TryWrite(WriteStreamRequest request, int before)
    {
        lock (_gate)
        {
            var data = request.Data.Span;
            var accepted = request.HasOffset ? AcceptedEarlier(request.Offset, data.Length) : before;
            if (accepted == data.Length)
            {
                return accepted;
            }

            if (_closed.IsCancellationRequested)
            {
                throw Closed();
            }

            try
            {
                var written = Descriptors.TryWrite(_pipe, data[accepted..]);
                if (written > 0)
                {
                    accepted += written;
                    _accepted += (ulong)written;
                    CloseWhenComplete();
                }

                return accepted;
            }
            catch (LinuxException failure) when (failure.Errno is Errno.EPIPE)
            {
                throw new TtrpcException(StatusCode.FailedPrecondition, "stdin has no reader");
            }
        }
    }

    private int AcceptedEarlier(ulong offset, int length)
    {
        if (offset > _accepted)
        {
            throw new TtrpcException(StatusCode.OutOfRange, $"offset {offset} is beyond the {_accepted} bytes accepted");
        }

        return (int)Math.Min(_accepted - offset, (ulong)length);
    }

    private void CloseWhenComplete()
    {
        if (_closeAt <= _accepted && !_closed.IsCancellationRequested)
        {
            _closed.Cancel();
            _pipe.Dispose();
            _whenClosed?.Invoke();
        }
    }

    public void Dispose() => Close(null);
}

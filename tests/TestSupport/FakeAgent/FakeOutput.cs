using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.TestSupport;

/// <summary>One output stream of a fake process: all written bytes, and the number that the host has acknowledged.</summary>
internal sealed class FakeOutput
{
    private readonly Lock _lock = new();
    private readonly List<byte> _bytes = [];
    private TaskCompletionSource _changed = NewSignal();
    private ulong _acknowledged;
    private bool _ended;

    /// <summary>Whether its reader is gone.</summary>
    public bool IsClosed { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _bytes.AddRange(bytes);
            Wake();
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Wake();
        }
    }

    /// <exception cref="TtrpcException">OutOfRange: acknowledged bytes are asked for again, or bytes that do not exist yet.</exception>
    public async Task<ReadStreamResponse> ReadAsync(ReadStreamRequest request, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (request.HasWaitMs)
        {
            patience.CancelAfter(TimeSpan.FromMilliseconds(request.WaitMs));
        }

        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (request.Close)
                {
                    IsClosed = true;
                    return new ReadStreamResponse { EndOfStream = true };
                }

                if (Take(request) is { } response)
                {
                    return response;
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return new ReadStreamResponse { EndOfStream = false };
            }
        }
    }

    private ReadStreamResponse? Take(ReadStreamRequest request)
    {
        ulong offset = request.HasOffset ? request.Offset : _acknowledged;
        if (offset < _acknowledged || offset > (ulong)_bytes.Count)
        {
            throw new TtrpcException(
                StatusCode.OutOfRange, $"offset {offset} is not within {_acknowledged} (acknowledged) and {_bytes.Count} (written)");
        }

        _acknowledged = offset;
        int start = (int)offset;
        int count = (int)Math.Min(request.Len, (uint)(_bytes.Count - start));
        if (count == 0 && !_ended)
        {
            return null;
        }

        // A reader without offsets acknowledges with each read.
        _acknowledged = request.HasOffset ? offset : offset + (ulong)count;
        return new ReadStreamResponse
        {
            Data = ByteString.CopyFrom([.. _bytes.Skip(start).Take(count)]),
            EndOfStream = _ended && start + count == _bytes.Count,
        };
    }

    private void Wake()
    {
        _changed.SetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

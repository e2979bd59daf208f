using System.Runtime.InteropServices;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Puts frames on a transport, one at a time, from one buffer: a sender waits for its turn, fills the buffer, sends, and gives the
/// turn back. A frame is written completely, or the connection is lost.
/// </summary>
internal sealed class FrameWriter(ITtrpcTransport transport, TimeSpan stallLimit) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stalled = new();
    private byte[] _buffer = [];

    public Task WaitTurnAsync(CancellationToken cancellation) => _turn.WaitAsync(cancellation);

    public void ReleaseTurn()
    {
        if (_buffer.Length > TtrpcLimits.MaxKeptBuffer)
        {
            _buffer = [];
        }

        _turn.Release();
    }

    /// <summary>Room for a frame's data. Only during a turn.</summary>
    public Span<byte> Reserve(int length)
    {
        int total = FrameHeader.Size + length;
        if (_buffer.Length < total)
        {
            _buffer = new byte[Math.Max(total, TtrpcLimits.FirstBuffer)];
        }

        return _buffer.AsSpan(FrameHeader.Size, length);
    }

    /// <summary>Sends the bytes in the reserved room. Only during a turn.</summary>
    public async ValueTask SendAsync(FrameHeader header, IReadOnlyList<SafeHandle> descriptors)
    {
        header.Write(_buffer);
        _stalled.CancelAfter(stallLimit);
        try
        {
            await transport.SendAsync(_buffer.AsMemory(0, FrameHeader.Size + header.Length), descriptors, _stalled.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stalled.IsCancellationRequested)
        {
            throw new IOException($"the peer took no data for {stallLimit.TotalSeconds:0.###} s");
        }
        finally
        {
            _stalled.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    // The semaphore has no handle to free, and a sender may still hold the turn.
    public void Dispose() => _stalled.Cancel();
}

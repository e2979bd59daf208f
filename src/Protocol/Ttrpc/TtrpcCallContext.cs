using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>The call that a handler serves.</summary>
public sealed class TtrpcCallContext
{
    private readonly CancellationTokenSource _cancelled;
    private readonly SafeFileHandle?[] _descriptors;

    internal TtrpcCallContext(TtrpcPeer? peer, SafeFileHandle[] descriptors, long timeoutNano, CancellationToken connectionLost)
    {
        Peer = peer;
        _descriptors = descriptors;
        _cancelled = CancellationTokenSource.CreateLinkedTokenSource(connectionLost);
        Cancelled = _cancelled.Token;
        if (timeoutNano > 0)
        {
            _cancelled.CancelAfter(TimeSpan.FromMilliseconds(Math.Min(((timeoutNano - 1) / 1_000_000) + 1, int.MaxValue)));
        }
    }

    /// <summary>Cancelled when the caller's deadline has passed or the connection is lost, so that no answer is needed.</summary>
    public CancellationToken Cancelled { get; }

    /// <summary>The calling process, if the transport knows it.</summary>
    public TtrpcPeer? Peer { get; }

    /// <summary>The number of descriptors in the request.</summary>
    public int DescriptorCount => _descriptors.Length;

    /// <summary>
    /// Hands a descriptor over to the handler, which closes it. Descriptors left at the handler's end are closed then.
    /// </summary>
    /// <exception cref="TtrpcException">InvalidArgument: the request carried fewer descriptors, or this one was taken before.</exception>
    public SafeFileHandle TakeDescriptor(int index)
    {
        var taken = (uint)index < (uint)_descriptors.Length ? Interlocked.Exchange(ref _descriptors[index], null) : null;
        return taken ?? throw new TtrpcException(
            StatusCode.InvalidArgument, $"descriptor {index} is named twice or missing, the request carried {_descriptors.Length}");
    }

    /// <summary>Closes the remaining descriptors.</summary>
    internal void End()
    {
        for (int i = 0; i < _descriptors.Length; i++)
        {
            Interlocked.Exchange(ref _descriptors[i], null)?.Dispose();
        }

        _cancelled.Dispose();
    }
}

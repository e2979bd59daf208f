using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// A byte stream in both directions that may carry descriptors. One caller receives and one sends at a time; both may run side by
/// side. Disposing it, or cancelling, ends pending calls.
/// </summary>
public interface ITtrpcTransport : IAsyncDisposable
{
    /// <summary>Names the peer in error messages: a path, a port.</summary>
    string Address { get; }

    /// <summary>The process at the other end, if the kernel reports it.</summary>
    TtrpcPeer? Peer => null;

    /// <summary>
    /// Receives at least one byte, or 0 at the end of the stream. Descriptors that came with these bytes are added to
    /// <paramref name="descriptors"/> and belong to the caller.
    /// </summary>
    ValueTask<int> ReceiveAsync(Memory<byte> buffer, IList<SafeFileHandle> descriptors, CancellationToken cancellation);

    /// <summary>
    /// Sends all bytes; the descriptors, owned by the caller, travel with the first one. After a failed or cancelled send the stream
    /// may hold a part of the bytes: dispose the transport.
    /// </summary>
    ValueTask SendAsync(ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellation);
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>ttrpc over any stream; it carries no descriptors. The transport owns the stream.</summary>
public sealed class StreamTransport(Stream stream, string address = "stream") : ITtrpcTransport
{
    /// <inheritdoc/>
    public string Address { get; } = address;

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, IList<SafeFileHandle> descriptors, CancellationToken cancellation) =>
        stream.ReadAsync(buffer, cancellation);

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellation)
    {
        if (descriptors.Count > 0)
        {
            throw new TtrpcException(StatusCode.InvalidArgument, $"\"{Address}\" carries no descriptors");
        }

        return stream.WriteAsync(bytes, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();
}

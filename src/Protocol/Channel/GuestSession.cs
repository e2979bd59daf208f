using System.Runtime.InteropServices;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Channel;

/// <summary>
/// What one host sends and gets on a <see cref="GuestChannel"/>. It follows the frames that pass, and ends where the host left or,
/// instead of a frame, another preamble begins.
/// </summary>
internal sealed class GuestSession(GuestChannel channel) : ITtrpcTransport
{
    private readonly CancellationTokenSource _ended = new();
    private readonly byte[] _header = new byte[FrameHeader.Size];
    private int _headerBytes;
    private int _dataLeft;
    private byte[] _carried = [];

    public string Address => "agent channel";

    public async ValueTask<int> ReceiveAsync(
        Memory<byte> buffer, IList<SafeFileHandle> descriptors, CancellationToken cancellation)
    {
        if (_ended.IsCancellationRequested)
        {
            return 0;
        }

        using var stop = cancellation.UnsafeRegister(static session => ((GuestSession)session!).End(), this);

        // Never past the end of a frame, so that a preamble after it is seen as one.
        int wanted = _dataLeft > 0 ? _dataLeft : FrameHeader.Size - _headerBytes;
        var room = buffer[..Math.Min(buffer.Length, wanted)];
        int count = await channel.Device.ReadAsync(room, _ended.Token).ConfigureAwait(false);
        return Follow(room.Span[..count]);
    }

    public async ValueTask SendAsync(
        ReadOnlyMemory<byte> bytes, IReadOnlyList<SafeHandle> descriptors, CancellationToken cancellation)
    {
        if (descriptors.Count > 0)
        {
            throw new TtrpcException(StatusCode.InvalidArgument, $"\"{Address}\" carries no descriptors");
        }

        using var stop = cancellation.UnsafeRegister(static session => ((GuestSession)session!).End(), this);
        await channel.WaitWriteTurnAsync(_ended.Token).ConfigureAwait(false);
        try
        {
            _ended.Token.ThrowIfCancellationRequested();
            await channel.Device.WriteAsync(bytes, _ended.Token).ConfigureAwait(false);
            await channel.Device.FlushAsync(_ended.Token).ConfigureAwait(false);
        }
        finally
        {
            channel.ReleaseWriteTurn();
        }
    }

    public ValueTask DisposeAsync()
    {
        End();
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends what is pending. Returns what was read of the next host's preamble.</summary>
    public byte[] End()
    {
        _ended.Cancel();
        return _carried;
    }

    private int Follow(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            End();
            return 0;
        }

        if (_dataLeft > 0)
        {
            _dataLeft -= bytes.Length;
            return bytes.Length;
        }

        if (_headerBytes == 0 && bytes[0] != 0)
        {
            _carried = bytes.ToArray();
            End();
            return 0;
        }

        bytes.CopyTo(_header.AsSpan(_headerBytes));
        _headerBytes += bytes.Length;
        if (_headerBytes == FrameHeader.Size)
        {
            _headerBytes = 0;
            _dataLeft = FrameHeader.Read(_header).Length;
        }

        return bytes.Length;
    }
}

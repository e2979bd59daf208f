using System.Runtime.InteropServices;
using KataActors.Protocol.Ttrpc;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Channel;

/// <summary>
/// One host's session on a <see cref="GuestChannel"/>. It follows the passing frames, and ends where the host left, where another preamble
/// begins instead of a frame, or behind a frame without the session's tag: this is a torn frame, filled up with bytes of the next host, and its
/// last part is withheld.
/// </summary>
internal sealed class GuestSession(GuestChannel channel, byte[] tag) : ITtrpcTransport
{
    private readonly CancellationTokenSource _ended = new();
    private readonly FrameFollower _frames = new();
    private readonly byte[] _read = new byte[tag.Length];
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

        // Never past the end of a frame, so that a preamble after it is recognised.
        bool frameIsDue = _frames.AtBoundary;
        var room = buffer[..Math.Min(buffer.Length, _frames.Missing)];
        int count = await channel.ReadAsync(room, _ended.Token).ConfigureAwait(false);
        if (count > 0 && frameIsDue && room.Span[0] != 0)
        {
            _carried = room[..count].ToArray();
            count = 0;
        }

        if (count > 0)
        {
            _frames.Follow(room.Span[..count]);
            if (!_frames.AtBoundary || await TagFollowsAsync().ConfigureAwait(false))
            {
                return count;
            }
        }

        End();
        return 0;
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

    /// <summary>Ends the pending calls. Returns the bytes read of the next host's preamble.</summary>
    public byte[] End()
    {
        _ended.Cancel();
        return _carried;
    }

    private async ValueTask<bool> TagFollowsAsync()
    {
        for (int got = 0; got < _read.Length;)
        {
            int count = await channel.ReadAsync(_read.AsMemory(got), _ended.Token).ConfigureAwait(false);
            if (count == 0)
            {
                return false;
            }

            got += count;
        }

        if (_read.AsSpan().SequenceEqual(tag))
        {
            return true;
        }

        // A host may have died between a frame and its tag; then these bytes begin the next host's preamble.
        _carried = _read;
        return false;
    }
}

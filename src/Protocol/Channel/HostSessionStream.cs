namespace KataActors.Protocol.Channel;

/// <summary>
/// The host's end of a session: writes the session's tag behind each frame, and returns the bytes read ahead before all others.
/// </summary>
internal sealed class HostSessionStream(Stream inner, byte[] tag, ReadOnlyMemory<byte> ahead) : Stream
{
    // Frames up to this size go out together with their tag, in one write.
    private const int SmallFrame = 2048;

    private readonly FrameFollower _frames = new();
    private readonly byte[] _small = new byte[SmallFrame];
    private ReadOnlyMemory<byte> _ahead = ahead;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _ahead.IsEmpty ? inner.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(TakeAhead(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int part = _frames.Follow(buffer.Span);
            if (!_frames.AtBoundary)
            {
                await inner.WriteAsync(buffer[..part], cancellationToken).ConfigureAwait(false);
            }
            else if (part + tag.Length <= _small.Length)
            {
                buffer.Span[..part].CopyTo(_small);
                tag.CopyTo(_small.AsSpan(part));
                await inner.WriteAsync(_small.AsMemory(0, part + tag.Length), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await inner.WriteAsync(buffer[..part], cancellationToken).ConfigureAwait(false);
                await inner.WriteAsync(tag, cancellationToken).ConfigureAwait(false);
            }

            buffer = buffer[part..];
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private int TakeAhead(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _ahead.Length);
        _ahead.Span[..count].CopyTo(buffer);

        // The last slice keeps the whole piece alive.
        _ahead = count == _ahead.Length ? default : _ahead[count..];
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }
    }
}

using Microsoft.Win32.SafeHandles;

namespace KataActors.Protocol.Ttrpc;

/// <summary>
/// Takes frames off a transport, one at a time, into a buffer that the next frame reuses. It never receives past the end of a frame,
/// so descriptors that arrive with a frame's first bytes belong to that frame.
/// </summary>
internal sealed class FrameReader(ITtrpcTransport transport) : IDisposable
{
    private readonly byte[] _headerBytes = new byte[FrameHeader.Size];
    private readonly List<SafeFileHandle> _descriptors = [];
    private byte[] _buffer = [];

    public FrameHeader Header { get; private set; }

    /// <summary>The frame's data, valid until the next read.</summary>
    public ReadOnlySpan<byte> Data => _buffer.AsSpan(0, Header.Length);

    public bool HasDescriptors => _descriptors.Count > 0;

    /// <summary>Hands the frame's descriptors over to the caller.</summary>
    public SafeFileHandle[] TakeDescriptors()
    {
        SafeFileHandle[] taken = [.. _descriptors];
        _descriptors.Clear();
        return taken;
    }

    /// <summary>Reads the next frame; false when the stream ended between two frames.</summary>
    /// <exception cref="MalformedFrameException">The peer's bytes are not a frame.</exception>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellation)
    {
        CloseDescriptors();
        if (_buffer.Length > TtrpcLimits.MaxKeptBuffer)
        {
            _buffer = [];
        }

        int got = 0;
        while (got < FrameHeader.Size)
        {
            int count = await transport.ReceiveAsync(_headerBytes.AsMemory(got), _descriptors, cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                return got == 0 ? false : throw new MalformedFrameException("connection ended within a frame's header");
            }

            got += count;
        }

        Header = FrameHeader.Read(_headerBytes);
        int carried = _descriptors.Count;
        got = 0;
        while (got < Header.Length)
        {
            Grow(got);
            Memory<byte> free = _buffer.AsMemory(got, Math.Min(_buffer.Length, Header.Length) - got);
            int count = await transport.ReceiveAsync(free, _descriptors, cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                throw new MalformedFrameException("connection ended within a frame");
            }

            got += count;
        }

        if (_descriptors.Count > carried)
        {
            throw new MalformedFrameException("descriptors that are not on the first byte of a frame");
        }

        return true;
    }

    public void Dispose() => CloseDescriptors();

    // The buffer grows with the received bytes, so that a header alone cannot make this side allocate 4 MiB.
    private void Grow(int filled)
    {
        if (filled < _buffer.Length || Header.Length == 0)
        {
            return;
        }

        int size = Math.Min(Header.Length, Math.Max(_buffer.Length * 4, TtrpcLimits.FirstBuffer));
        Array.Resize(ref _buffer, Math.Max(size, TtrpcLimits.FirstBuffer));
    }

    /// <summary>Closes the frame's descriptors.</summary>
    public void CloseDescriptors()
    {
        foreach (var descriptor in _descriptors)
        {
            descriptor.Dispose();
        }

        _descriptors.Clear();
    }
}

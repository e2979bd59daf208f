using KataActors.Protocol.Ttrpc;

namespace KataActors.Protocol.Channel;

/// <summary>
/// The guest's end of a byte stream that outlives its host end. Each host that connects gets a session of its own; pending work of
/// the host before it is dropped. See docs/agent-channel.md.
/// </summary>
/// <remarks>
/// The main loop: accept a session, serve it until it ends, accept the next one. The device stream reads 0 while no host is connected,
/// and its pending reads and writes end when their token is cancelled.
/// </remarks>
/// <param name="device">The port, owned by the caller.</param>
public sealed class GuestChannel(Stream device)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_echoLimit = TimeSpan.FromSeconds(5);

    // Small, to save the guest's memory: it holds the bytes before a preamble, which are few except after a torn frame.
    private const int PieceSize = 4096;

    private readonly StreamMatcher _matcher = new(ChannelPreamble.HostMagic.ToArray());
    private readonly SemaphoreSlim _writing = new(1, 1);
    private ReadOnlyMemory<byte> _ahead;
    private GuestSession? _session;

    internal Stream Device => device;

    /// <summary>
    /// Ends the previous session, if there is one, waits for a host's preamble and answers it.
    /// </summary>
    /// <param name="cancellation">Gives up; without a host the call waits.</param>
    /// <returns>The session, at the first byte after the preambles. It ends like a connection does.</returns>
    public async Task<ITtrpcTransport> AcceptAsync(CancellationToken cancellation)
    {
        PutBack(_session?.End() ?? []);
        _matcher.Reset();
        var pause = s_firstPause;
        while (true)
        {
            try
            {
                if (await FindPreambleAsync(cancellation).ConfigureAwait(false) is { } nonce)
                {
                    await EchoAsync(nonce, cancellation).ConfigureAwait(false);
                    return _session = new GuestSession(this, nonce[..ChannelPreamble.TagSize]);
                }
            }
            catch (IOException)
            {
                // The host left during the echo.
            }

            _matcher.Reset();
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    /// <summary>The next bytes of the port, beginning with those read ahead. One reader at a time.</summary>
    internal ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_ahead.IsEmpty)
        {
            return device.ReadAsync(buffer, cancellation);
        }

        int count = Math.Min(buffer.Length, _ahead.Length);
        _ahead[..count].CopyTo(buffer);
        _ahead = _ahead[count..];
        return ValueTask.FromResult(count);
    }

    internal Task WaitWriteTurnAsync(CancellationToken cancellation) => _writing.WaitAsync(cancellation);

    internal void ReleaseWriteTurn() => _writing.Release();

    /// <summary>Reads up to the end of a preamble; null when no host is connected.</summary>
    private async Task<byte[]?> FindPreambleAsync(CancellationToken cancellation)
    {
        byte[] piece = new byte[PieceSize];
        for (int end = -1; end < 0;)
        {
            int count = await ReadAsync(piece, cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            end = _matcher.Match(piece.AsSpan(0, count));
            if (end >= 0)
            {
                PutBack(piece.AsSpan(end, count - end));
            }
        }

        byte[] nonce = new byte[ChannelPreamble.NonceSize];
        for (int got = 0; got < nonce.Length;)
        {
            int count = await ReadAsync(nonce.AsMemory(got), cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            got += count;
        }

        return nonce;
    }

    private void PutBack(ReadOnlySpan<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            _ahead = (byte[])[.. bytes, .. _ahead.Span];
        }
    }

    private async Task EchoAsync(byte[] nonce, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_echoLimit);
        bool myTurn = false;
        try
        {
            // A write of the old session ends first: it was cancelled with the session.
            await WaitWriteTurnAsync(limit.Token).ConfigureAwait(false);
            myTurn = true;
            await device.WriteAsync(ChannelPreamble.Guest(nonce), limit.Token).ConfigureAwait(false);
            await device.FlushAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException("the host does not take the echo");
        }
        finally
        {
            if (myTurn)
            {
                ReleaseWriteTurn();
            }
        }
    }
}

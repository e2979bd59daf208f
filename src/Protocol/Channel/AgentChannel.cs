using System.Net.Sockets;
using System.Security.Cryptography;
using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Protocol.Channel;

/// <summary>
/// The host's end of a byte stream to the guest that outlives its host end (virtio-serial): agrees with the guest on where a session
/// begins. See docs/agent-channel.md.
/// </summary>
public static class AgentChannel
{
    // Far more than a guest's stale bytes when the host comes back; a guest that sends more floods.
    private const int MostStaleBytes = 8 * 1024 * 1024;
    private const int PieceSize = 64 * 1024;

    /// <summary>
    /// Opens the stream and agrees on a session, again and again until the guest answers. The result is at the first byte of the
    /// session, in both directions, and owned by the caller, who writes nothing but ttrpc frames to it.
    /// </summary>
    /// <param name="open">Opens the stream; called once for each try. Failures to open are tried again too.</param>
    /// <param name="deadline">For all tries together.</param>
    /// <param name="timing">How long each try may take.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="TtrpcException">DeadlineExceeded, with the last try's failure. ResourceExhausted: the guest floods, and was given up at once.</exception>
    public static async Task<Stream> ConnectAsync(
        Func<CancellationToken, Task<Stream>> open, TimeSpan deadline, ChannelTiming timing, CancellationToken cancellation)
    {
        using var overall = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        overall.CancelAfter(deadline);
        string last = "the stream was not opened";
        var stale = new StaleBytes();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await TryAsync(open, timing.Try(attempt), stale, overall.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (IsWorthAnotherTry(failure))
            {
                last = failure.Message;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && overall.IsCancellationRequested)
            {
                throw Expired(deadline, attempt + 1, last);
            }

            try
            {
                // The longer the host is absent, the more certainly the guest notices it.
                await Task.Delay(timing.Pause(attempt), overall.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw Expired(deadline, attempt + 1, last);
            }
        }
    }

    private static async Task<Stream> TryAsync(
        Func<CancellationToken, Task<Stream>> open, TimeSpan limit, StaleBytes stale, CancellationToken overall)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(overall);
        attempt.CancelAfter(limit);
        Stream? stream = null;
        try
        {
            stream = await open(attempt.Token).ConfigureAwait(false);
            byte[] nonce = RandomNumberGenerator.GetBytes(ChannelPreamble.NonceSize);
            await stream.WriteAsync(ChannelPreamble.Host(nonce), attempt.Token).ConfigureAwait(false);
            await stream.FlushAsync(attempt.Token).ConfigureAwait(false);
            var ahead = await FindEchoAsync(stream, ChannelPreamble.Guest(nonce), stale, attempt.Token).ConfigureAwait(false);
            var agreed = new HostSessionStream(stream, nonce[..ChannelPreamble.TagSize], ahead);
            stream = null;
            return agreed;
        }
        catch (OperationCanceledException) when (!overall.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {limit.TotalSeconds:0.###} s");
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Skips all bytes up to the end of the echo, and returns the bytes read beyond it: the session's first ones.</summary>
    private static async Task<ReadOnlyMemory<byte>> FindEchoAsync(Stream stream, byte[] echo, StaleBytes stale, CancellationToken cancellation)
    {
        var matcher = new StreamMatcher(echo);
        byte[] piece = new byte[PieceSize];
        while (stale.Skipped <= MostStaleBytes)
        {
            int count = await stream.ReadAsync(piece, cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                throw new IOException("the stream ended before the guest's echo");
            }

            int end = matcher.Match(piece.AsSpan(0, count));
            if (end >= 0)
            {
                return piece.AsMemory(end, count - end);
            }

            stale.Skipped += count;
        }

        throw new TtrpcException(StatusCode.ResourceExhausted, $"agent channel: no echo within {MostStaleBytes} bytes from the guest");
    }

    private static bool IsWorthAnotherTry(Exception failure) =>
        failure is IOException or SocketException or LinuxException or TimeoutException or TtrpcException { Code: not StatusCode.ResourceExhausted };

    private static TtrpcException Expired(TimeSpan deadline, int tries, string last) => new(
        StatusCode.DeadlineExceeded,
        $"agent channel: the guest did not answer within {deadline.TotalSeconds:0.###} s ({tries} tries, last: {last})");

    /// <summary>The bytes skipped in all tries together, so that a guest cannot raise the bound by ending one try after another.</summary>
    private sealed class StaleBytes
    {
        public long Skipped { get; set; }
    }
}

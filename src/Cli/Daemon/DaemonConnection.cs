using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>
/// One connection to the daemon, disposed by its owner. No call waits longer than <paramref name="limit"/>; <paramref name="trace"/> gets
/// each request and its duration.
/// </summary>
internal sealed class DaemonConnection(BlockingTtrpcClient client, TimeLimit? limit = null, Action<string>? trace = null) : IDisposable
{
    /// <summary>Whether it has ended, so that a new one is needed.</summary>
    public bool IsLost => client.IsLost;

    /// <summary>Calls one of <see cref="ControlServiceNames"/>' methods.</summary>
    /// <exception cref="TtrpcException">The daemon's failure, or the connection's.</exception>
    public TResponse Call<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, IReadOnlyList<SafeHandle>? descriptors = null)
        where TResponse : IMessage<TResponse>
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            var response = client.Call(ControlServiceNames.Control, method, request, parser, limit?.Cap(timeout) ?? timeout, descriptors);
            trace?.Invoke($"request {method} took {Elapsed(start)}");
            return response;
        }
        catch (TtrpcException failure)
        {
            trace?.Invoke($"request {method} failed after {Elapsed(start)}: {failure.Message}");
            throw;
        }
    }

    /// <summary>The same, with the answer read in place.</summary>
    /// <exception cref="TtrpcException">The daemon's failure, or the connection's.</exception>
    public TResult Call<TResult>(string method, IMessage request, TtrpcResponseReader<TResult> reader, TimeSpan timeout) =>
        client.Call(ControlServiceNames.Control, method, request, reader, limit?.Cap(timeout) ?? timeout);

    /// <summary>Asks the daemon for its version, as proof that one is there.</summary>
    /// <exception cref="CommandFailure">The listener is not a daemon of this product.</exception>
    /// <exception cref="TtrpcConnectionLostException">It died.</exception>
    public VersionResponse Greet()
    {
        try
        {
            return Call(ControlServiceNames.Version, new VersionRequest(), VersionResponse.Parser, Deadlines.Query);
        }
        catch (TtrpcException failure) when (failure is not TtrpcConnectionLostException)
        {
            throw new CommandFailure($"the listener on \"{client.Address}\" does not answer like a kata-actors daemon: {failure.Message}", cause: failure);
        }
    }

    public void Dispose() => client.Dispose();

    private static string Elapsed(long start) => string.Create(CultureInfo.InvariantCulture, $"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
}

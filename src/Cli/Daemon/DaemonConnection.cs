using System.Runtime.InteropServices;
using Google.Protobuf;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>One connection to the daemon, which its owner disposes.</summary>
internal sealed class DaemonConnection(BlockingTtrpcClient client) : IDisposable
{
    /// <summary>Whether it has ended, so that another is needed.</summary>
    public bool IsLost => client.IsLost;

    /// <summary>Calls one of <see cref="ControlServiceNames"/>' methods.</summary>
    /// <exception cref="TtrpcException">The daemon's failure, or the connection's.</exception>
    public TResponse Call<TResponse>(
        string method, IMessage request, MessageParser<TResponse> parser, TimeSpan timeout, IReadOnlyList<SafeHandle>? descriptors = null)
        where TResponse : IMessage<TResponse> =>
        client.Call(ControlServiceNames.Control, method, request, parser, timeout, descriptors);

    /// <summary>The same, with the answer read in place.</summary>
    /// <exception cref="TtrpcException">The daemon's failure, or the connection's.</exception>
    public TResult Call<TResult>(string method, IMessage request, TtrpcResponseReader<TResult> reader, TimeSpan timeout) =>
        client.Call(ControlServiceNames.Control, method, request, reader, timeout);

    /// <summary>Asks the daemon for its version, as proof that one is there.</summary>
    /// <exception cref="CommandFailure">Whoever listens gives no such answer.</exception>
    public void Greet()
    {
        try
        {
            Call(ControlServiceNames.Version, new VersionRequest(), VersionResponse.Parser, Deadlines.Query);
        }
        catch (TtrpcException failure)
        {
            throw new CommandFailure($"what listens on \"{client.Address}\" does not answer like a kata-actors daemon: {failure.Message}", cause: failure);
        }
    }

    public void Dispose() => client.Dispose();
}

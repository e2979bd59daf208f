using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>Reaches the daemon at an address.</summary>
internal sealed class DaemonConnector(string address)
{
    /// <summary>Connects; when nobody listens, starts the daemon first.</summary>
    /// <exception cref="CommandFailure">There is no daemon to be had; the message says why.</exception>
    public async Task<DaemonConnection> ConnectAsync(CancellationToken cancellation) =>
        await TryConnectAsync(cancellation).ConfigureAwait(false)
        ?? await new DaemonStarter(address, this).StartAsync(cancellation).ConfigureAwait(false);

    /// <summary>Connects, or returns null when nobody listens.</summary>
    /// <exception cref="CommandFailure">Someone listens, or something is there, that is not for us.</exception>
    public async Task<DaemonConnection?> TryConnectAsync(CancellationToken cancellation)
    {
        UnixSocketTransport transport;
        try
        {
            transport = await UnixSocketTransport.ConnectAsync(address, Deadlines.Connect, cancellation).ConfigureAwait(false);
        }
        catch (TtrpcException failure) when (failure.InnerException is LinuxException { Errno: Errno.ENOENT or Errno.ECONNREFUSED })
        {
            return null;
        }
        catch (TtrpcException failure)
        {
            throw new CommandFailure(Explain(failure), cause: failure);
        }

        if (transport.Peer is { Uid: not 0 } peer)
        {
            await transport.DisposeAsync().ConfigureAwait(false);
            throw new CommandFailure($"socket \"{address}\" belongs to user {peer.Uid}: a kata-actors daemon belongs to root");
        }

        return new DaemonConnection(transport);
    }

    private static string Explain(TtrpcException failure) => failure.Code == StatusCode.PermissionDenied && !CallerRights.IsRoot
        ? $"{failure.Message}: {CallerRights.RootlessExplanation}"
        : failure.Message;
}

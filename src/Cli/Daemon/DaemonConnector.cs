using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>Reaches the daemon at an address. <paramref name="trace"/> gets the steps.</summary>
internal sealed class DaemonConnector(string address, Action<string>? trace = null)
{
    /// <summary>Connects; when no daemon listens, starts it first. <paramref name="limit"/> bounds the start and the connection's calls.</summary>
    /// <exception cref="CommandFailure">No daemon can be reached or started; the message says why.</exception>
    public DaemonConnection Connect(TimeLimit? limit = null)
    {
        if (TryConnect(limit) is not { } connection)
        {
            return new DaemonStarter(address, this, limit, trace).Start();
        }

        trace?.Invoke($"the daemon listens on \"{address}\"");
        return connection;
    }

    /// <summary>Connects, or returns null when no process listens.</summary>
    /// <exception cref="CommandFailure">The listener belongs to another user, or the path is not a socket.</exception>
    public DaemonConnection? TryConnect(TimeLimit? limit = null)
    {
        BlockingSocket socket;
        try
        {
            socket = BlockingSocket.Connect(address, Deadlines.Connect);
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            return null;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EACCES or Errno.EPERM && !CallerRights.IsRoot)
        {
            throw new CommandFailure($"{failure.Message}: {CallerRights.RootlessExplanation}", cause: failure);
        }

        if (socket.Peer is { Uid: not 0 } peer)
        {
            socket.Dispose();
            throw new CommandFailure($"socket \"{address}\" belongs to user {peer.Uid}: a kata-actors daemon belongs to root");
        }

        return new DaemonConnection(new BlockingTtrpcClient(socket, address), limit, trace);
    }
}

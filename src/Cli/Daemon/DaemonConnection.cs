using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>One connection to the daemon. The owner disposes it.</summary>
internal sealed class DaemonConnection(ITtrpcTransport transport) : IAsyncDisposable
{
    private readonly TtrpcClient _client = new(transport);

    /// <summary>The daemon's methods.</summary>
    public ControlClient Control => field ??= new ControlClient(_client);

    /// <summary>Whether it has ended, so that another is needed.</summary>
    public bool IsLost => _client.Closed.IsCompleted;

    /// <summary>Asks the daemon for its version, as proof that one is there.</summary>
    /// <exception cref="CommandFailure">Whoever listens gives no such answer.</exception>
    public async Task<VersionResponse> GreetAsync(CancellationToken cancellation)
    {
        try
        {
            return await Control.VersionAsync(new VersionRequest(), Deadlines.Query, cancellation).ConfigureAwait(false);
        }
        catch (TtrpcException failure)
        {
            throw new CommandFailure($"what listens on \"{_client.Address}\" does not answer like a kata-actors daemon: {failure.Message}", cause: failure);
        }
    }

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}

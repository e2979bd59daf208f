using System.Diagnostics;
using KataActors.Cli.Daemon;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Calls that outlive connections: a call whose connection is lost, or that the daemon could not serve for the moment, is made again, on a new
/// connection if need be. So only calls that may be repeated belong here.
/// </summary>
internal sealed class DaemonLink(string address)
{
    /// <summary>The timeout of calls that wait in the daemon for <see cref="Deadlines.LongPoll"/>.</summary>
    public static readonly TimeSpan LongPollTimeout = Deadlines.LongPoll + Deadlines.LongPollGrace;

    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_giveUp = TimeSpan.FromMinutes(5);

    private readonly DaemonConnector _connector = new(address);
    private readonly SemaphoreSlim _gate = new(1);
    private DaemonConnection? _connection;

    /// <summary>Calls until there is an answer.</summary>
    /// <exception cref="TtrpcException">The daemon's definite refusal; NotFound when it does not know the container.</exception>
    /// <exception cref="CommandFailure">For a long time there was no daemon, and none could be started.</exception>
    public async Task<T> CallAsync<T>(Func<ControlClient, Task<T>> call)
    {
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            var connection = await ConnectedAsync().ConfigureAwait(false);
            try
            {
                return await call(connection.Control).ConfigureAwait(false);
            }
            catch (TtrpcException failure) when (!IsDefinite(failure.Code))
            {
                if (connection.IsLost)
                {
                    continue;
                }
            }

            await Task.Delay(pause).ConfigureAwait(false);
        }
    }

    /// <summary>The same for a thread of one's own.</summary>
    public T Call<T>(Func<ControlClient, Task<T>> call) => CallAsync(call).GetAwaiter().GetResult();

    private static bool IsDefinite(StatusCode code) =>
        code is StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unimplemented;

    private async Task<DaemonConnection> ConnectedAsync()
    {
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_connection is { IsLost: true })
            {
                await _connection.DisposeAsync().ConfigureAwait(false);
                _connection = null;
            }

            return _connection ??= await ConnectAsync().ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<DaemonConnection> ConnectAsync()
    {
        var since = Stopwatch.GetTimestamp();
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                return await _connector.ConnectAsync(default).ConfigureAwait(false);
            }
            catch (Exception) when (Stopwatch.GetElapsedTime(since) < s_giveUp)
            {
                await Task.Delay(pause).ConfigureAwait(false);
            }
        }
    }
}

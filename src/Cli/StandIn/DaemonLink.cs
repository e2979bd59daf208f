using System.Diagnostics;
using KataActors.Cli.Daemon;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Calls that outlive connections: after a lost connection, or a temporary failure of the daemon, the call is repeated, on a new connection if
/// necessary. For repeatable calls only.
/// </summary>
internal sealed class DaemonLink(string address)
{
    /// <summary>The timeout of calls that wait in the daemon for <see cref="Deadlines.LongPoll"/>.</summary>
    public static readonly TimeSpan LongPollTimeout = Deadlines.LongPoll + Deadlines.LongPollGrace;

    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_giveUp = TimeSpan.FromMinutes(5);

    private readonly DaemonConnector _connector = new(address);
    private readonly Lock _lock = new();
    private DaemonConnection? _connection;

    /// <summary>Calls until there is an answer.</summary>
    /// <exception cref="TtrpcException">The daemon's definite refusal; NotFound when it does not know the container.</exception>
    /// <exception cref="CommandFailure">No daemon could be reached or started for a long time.</exception>
    public T Call<T>(Func<DaemonConnection, T> call)
    {
        for (var pause = TimeSpan.Zero; ; pause = Longer(pause))
        {
            // No pause before the first try, growing ones after failures.
            Thread.Sleep(pause);
            try
            {
                return call(Connected());
            }
            catch (TtrpcException failure) when (!IsDefinite(failure.Code))
            {
                // Try again.
            }
        }
    }

    private static bool IsDefinite(StatusCode code) =>
        code is StatusCode.NotFound or StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.PermissionDenied or StatusCode.Unimplemented;

    private static TimeSpan Longer(TimeSpan pause) =>
        pause == TimeSpan.Zero ? s_shortestPause : pause * 2 < s_longestPause ? pause * 2 : s_longestPause;

    private DaemonConnection Connected()
    {
        lock (_lock)
        {
            if (_connection is { IsLost: true })
            {
                _connection.Dispose();
                _connection = null;
            }

            return _connection ??= Connect();
        }
    }

    private DaemonConnection Connect()
    {
        var start = Stopwatch.GetTimestamp();
        for (var pause = s_shortestPause; ; pause = Longer(pause))
        {
            try
            {
                return _connector.Connect();
            }
            catch (Exception failure)
            {
                if (Stopwatch.GetElapsedTime(start) > s_giveUp)
                {
                    throw new CommandFailure(failure.Message, cause: failure);
                }
            }

            Thread.Sleep(pause);
        }
    }
}

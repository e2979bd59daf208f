using KataActors.Cli.Daemon;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.StandIn;

/// <summary>
/// Calls that outlive connections: after a lost connection, or a temporary failure of the daemon, the call is repeated, on a new connection if necessary. For repeatable
/// calls only. Only an answer ends the repetition: a daemon that cannot be started says nothing about the container, whose VM goes on, and callers such as conmon and
/// containerd wait.
/// </summary>
/// <param name="connector">Reaches the daemon.</param>
/// <param name="sleep">Waits.</param>
internal sealed class DaemonLink(DaemonConnector connector, Action<TimeSpan> sleep)
{
    /// <summary>The timeout of calls that wait in the daemon for <see cref="Deadlines.LongPoll"/>.</summary>
    public static readonly TimeSpan LongPollTimeout = Deadlines.LongPoll + Deadlines.LongPollGrace;

    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(2);

    // Between two starts of a daemon that fail. One that somebody else has started is looked for more often.
    private static readonly TimeSpan s_longestRest = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private DaemonConnection? _connection;

    /// <summary>Calls until there is an answer.</summary>
    /// <exception cref="TtrpcException">The daemon's definite refusal; NotFound when it does not know the container.</exception>
    public T Call<T>(Func<DaemonConnection, T> call)
    {
        for (var pause = TimeSpan.Zero; ; pause = Longer(pause))
        {
            // No pause before the first try, growing ones after failures.
            sleep(pause);
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
        for (var rest = s_shortestPause; ; rest = rest * 2 < s_longestRest ? rest * 2 : s_longestRest)
        {
            if ((Try(() => connector.Connect()) ?? LookFor(rest)) is { } connection)
            {
                return connection;
            }
        }
    }

    private DaemonConnection? LookFor(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time;)
        {
            var pause = time - passed < s_longestPause ? time - passed : s_longestPause;
            sleep(pause);
            passed += pause;
            if (Try(() => connector.TryConnect()) is { } connection)
            {
                return connection;
            }
        }

        return null;
    }

    // Whatever it was, it may be over the next time: a daemon that is being replaced, descriptors that have run out.
    private static DaemonConnection? Try(Func<DaemonConnection?> connect)
    {
        try
        {
            return connect();
        }
        catch (Exception)
        {
            return null;
        }
    }
}

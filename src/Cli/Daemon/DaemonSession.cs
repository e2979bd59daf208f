using KataActors.Protocol.Ttrpc;

namespace KataActors.Cli.Daemon;

/// <summary>
/// The daemon as one command uses it, within the command's deadline. The command survives the daemon's death: it finds out the outcome of its
/// request by the next connection, for which the daemon is started again if necessary.
/// <code>
/// request ──answer──────────────────────────▶ done
///   │  ▲                                       ▲
///   │  └─lost before the request was sent      │
///   └─lost after it was sent──▶ conclude ──────┘
///                                 │  ▲
///                                 └──┘ lost, or the successor is not ready for it yet
/// </code>
/// </summary>
internal sealed class DaemonSession(DaemonConnector connector, TimeSpan patience, Action<string>? trace) : IDisposable
{
    private const int MostLosses = 10;
    private static readonly TimeSpan s_shortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(1);

    // The time that a successor may need to reach its guests: it reconciles within 10 s by default.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(30);

    private DaemonConnection? _connection;
    private int _losses;
    private Exception? _lastLoss;

    /// <summary>The command's deadline.</summary>
    public TimeLimit Limit { get; } = new(patience);

    /// <summary>A request that may be sent again after a loss.</summary>
    /// <exception cref="TtrpcException">The daemon's failure.</exception>
    /// <exception cref="CommandFailure">No daemon can be reached or started, or each one dies.</exception>
    public T Call<T>(Func<DaemonConnection, T> request) => Call(request, request);

    /// <summary>
    /// A request that must not simply be repeated after a loss: <paramref name="conclude"/> finds out its outcome from the successor, or sends it again,
    /// and is itself repeated after another loss. A request that was not sent is just sent.
    /// </summary>
    /// <exception cref="TtrpcException">The daemon's failure.</exception>
    /// <exception cref="CommandFailure">No daemon can be reached or started, or each one dies.</exception>
    public T Call<T>(Func<DaemonConnection, T> request, Func<DaemonConnection, T> conclude)
    {
        var wasSent = false;
        var settling = Limit;
        for (var pause = s_shortestPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            try
            {
                return (wasSent ? conclude : request)(Connected());
            }
            catch (TtrpcConnectionLostException lost)
            {
                wasSent |= lost.WasSent;
                settling = new TimeLimit(s_settling);
                OnLoss(lost);
            }
            catch (DaemonKilled killed)
            {
                OnLoss(killed);
            }
            catch (TtrpcException failure) when (failure.Code == StatusCode.DeadlineExceeded && Limit.IsOver && _lastLoss is { } loss)
            {
                throw TooLate(loss);
            }
            catch (TtrpcException failure) when (wasSent && failure.Code == StatusCode.Unavailable && !settling.IsOver && !Limit.IsOver)
            {
                trace?.Invoke($"the successor is not ready: {failure.Message}");
            }

            Thread.Sleep(Limit.Cap(pause));
        }
    }

    public void Dispose() => _connection?.Dispose();

    private DaemonConnection Connected()
    {
        if (_connection is { IsLost: true })
        {
            _connection.Dispose();
            _connection = null;
        }

        try
        {
            return _connection ??= connector.Connect(Limit);
        }
        catch (CommandFailure failure) when (failure is not DaemonKilled && _lastLoss is { } loss)
        {
            throw new CommandFailure($"{loss.Message}; {failure.Message}", cause: failure);
        }
    }

    private void OnLoss(Exception loss)
    {
        _losses++;
        _lastLoss = loss;
        trace?.Invoke($"the daemon is lost, the command goes on with the next one: {loss.Message}");
        if (_losses == MostLosses)
        {
            throw new CommandFailure($"the daemon was lost {_losses} times during this command: {loss.Message}", cause: loss);
        }

        if (Limit.IsOver)
        {
            throw TooLate(loss);
        }
    }

    private CommandFailure TooLate(Exception loss) =>
        new($"the daemon was lost, and the command had not ended within {Limit.Span.TotalSeconds:0.###} s: {loss.Message}", cause: loss);
}

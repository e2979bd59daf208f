using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor.Qmp;

namespace KataActors.Hypervisor;

/// <content>The monitor's connection, and the commands on it.</content>
public sealed partial class HypervisorActor
{
    // Not awaited by the actor: a command that arrives during the connect waits for it. The actor owns the result.
    private Task<QmpClient>? _monitor;
    private bool _monitorIsOver = true;

    // Failures by the loss of the connection, which is often the first sign of QEMU's end. The end is reported first, since it says why.
    private readonly List<Reply> _held = [];

    private void ConnectMonitor()
    {
        _monitorIsOver = false;
        var (self, events) = (Self, new MonitorEvents());
        _monitor = QmpClient.ConnectAsync(_config!.MonitorSocket, Tell, _settings.MonitorConnectTimeout, _ended.Token);
        _monitor.PipeTo<QmpClient>(
            Self,
            success: monitor => new MonitorConnected(monitor),
            failure: e => e is QmpException or OperationCanceledException ? new MonitorEnded(e.Message) : new Status.Failure(e));
        void Tell(QmpEvent said)
        {
            if (events.Admit(said))
            {
                self.Tell(new MonitorSaid(said, events));
            }
        }
    }

    private void LoseMonitor(string reason)
    {
        _monitorIsOver = true;
        CloseMonitor();
        if (_hasExited)
        {
            Conclude();
            return;
        }

        _log.Debug("Monitor lost: {0}", reason);
        Timers.StartSingleTimer(Reconnect.Instance, Reconnect.Instance, _settings.MonitorReconnectDelay);
    }

    private void CloseMonitor() =>
        _monitor?.ContinueWith(
            static connected => connected.Result.DisposeAsync().AsTask(),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnRanToCompletion,
            TaskScheduler.Default);

    private void Verify()
    {
        var config = _config!;
        RunAsync<object>(
            async (monitor, cancellation) =>
            {
                var uuid = await monitor.QueryUuidAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
                if (uuid != config.Uuid)
                {
                    return new BelongsToAnother($"monitor \"{config.MonitorSocket}\" belongs to vm {uuid}, not {config.Uuid}");
                }

                var status = await monitor.QueryStatusAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
                return new Verified(status);
            },
            problem => new Unverified(problem.Message)).PipeTo(Self);
    }

    private void Ask(HypervisorProtocol.ICommand command, Func<QmpClient, CancellationToken, Task<object>> work)
    {
        var asker = Sender;
        RunAsync(
            async (monitor, cancellation) => new Reply(asker, await work(monitor, cancellation).ConfigureAwait(false)),
            problem => new Reply(asker, new HypervisorFailure(command, problem), IsOfConnection: problem.Code == FailureCode.Unavailable)).PipeTo(Self);
    }

    private async Task<T> RunAsync<T>(Func<QmpClient, CancellationToken, Task<T>> work, Func<Failure, T> failed)
    {
        var cancellation = _ended.Token;
        try
        {
            return await work(await _monitor!.ConfigureAwait(false), cancellation).ConfigureAwait(false);
        }
        catch (QmpException e)
        {
            return failed(new Failure(CodeOf(e), $"monitor: {e.Message}"));
        }
        catch (OperationCanceledException)
        {
            return failed(new Failure(FailureCode.Unavailable, "monitor: the command was given up"));
        }
    }

    private void Quit() =>
        RunAsync(
            async (monitor, cancellation) =>
            {
                await monitor.QuitAsync(_settings.QuitTimeout, cancellation).ConfigureAwait(false);
                return new QuitEnded(null);
            },
            problem => new QuitEnded(problem)).PipeTo(Self);

    private static FailureCode CodeOf(QmpException failure) => failure.Kind switch
    {
        QmpFailureKind.CommandFailed => FailureCode.Internal,
        QmpFailureKind.TimedOut => FailureCode.DeadlineExceeded,
        _ => FailureCode.Unavailable,
    };

    private void Hold(Reply reply)
    {
        _held.Add(reply);
        Timers.StartSingleTimer(HeldTimedOut.Instance, HeldTimedOut.Instance, s_endAfterMonitor);
    }

    private void ReleaseHeld()
    {
        foreach (var reply in _held)
        {
            reply.To.Tell(reply.Message);
        }

        _held.Clear();
    }

    private sealed record Reply(IActorRef To, object Message, bool IsOfConnection = false);

    private sealed record HeldTimedOut
    {
        public static readonly HeldTimedOut Instance = new();
    }

    private sealed record MonitorSaid(QmpEvent Event, MonitorEvents Source) : IDeadLetterSuppression;

    private sealed record MonitorConnected(QmpClient Monitor);

    private sealed record MonitorEnded(string Reason) : IDeadLetterSuppression;

    private sealed record Reconnect
    {
        public static readonly Reconnect Instance = new();
    }

    private sealed record QuitEnded(Failure? Failure);

    private sealed record Verified(string Status);

    private sealed record BelongsToAnother(string Reason);

    private sealed record Unverified(string Reason);

    private sealed record VerifyAgain
    {
        public static readonly VerifyAgain Instance = new();
    }
}

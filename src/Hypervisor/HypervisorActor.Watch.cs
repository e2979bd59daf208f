using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <content>The watch over the process, and its end.</content>
public sealed partial class HypervisorActor
{
    // The last cause of each failure that is retried.
    private readonly Dictionary<string, string> _causes = [];

    private void Watch(VmmProcess process)
    {
        _process = process;
        AwaitExit();
    }

    private void AwaitExit() => _process!.Pidfd.WaitForExitAsync(_ended.Token).PipeTo(
        Self,
        success: () => Exited.Instance,
        failure: e => e is LinuxException ? new WatchFailed(e.Message) : Cancelled(e));

    /// <summary>Handles the messages about the process and the monitor's connection, in every state that has them. False for any other message.</summary>
    private bool WatchesProcess(object message)
    {
        switch (message)
        {
            case Exited:
                _hasExited = true;
                if (_monitorIsOver)
                {
                    Conclude();
                }
                else
                {
                    Timers.StartSingleTimer(LastWordsTimedOut.Instance, LastWordsTimedOut.Instance, s_lastWordsTimeout);
                }

                return true;
            case WatchFailed failed:
                WarnOncePerCause($"Cannot wait for the end of VMM {_process!.Identity.Pid}, trying again", failed.Reason);
                Timers.StartSingleTimer(WatchAgain.Instance, WatchAgain.Instance, _settings.MonitorReconnectDelay);
                return true;
            case WatchAgain:
                AwaitExit();
                return true;
            case LastWordsTimedOut:
                Conclude();
                return true;
            case ExitTimedOut:
                _process!.Pidfd.Signal(Signals.SIGKILL);
                return true;
            case MonitorSaid said:
                said.Source.Taken();
                Hear(said.Event);
                return true;
            case MonitorConnected connected:
                connected.Monitor.Closed.PipeTo(Self, success: reason => new MonitorEnded(reason.Message));
                return true;
            case MonitorEnded over:
                LoseMonitor(over.Reason);
                return true;
            case Reconnect:
                ConnectMonitor();
                return true;
            case Reply { IsOfConnection: true } reply:
                Hold(reply);
                return true;
            case HeldTimedOut:
                ReleaseHeld();
                return true;
            case Reply reply:
                reply.To.Tell(reply.Message);
                return true;
            case Verified or BelongsToAnother or Unverified or VerifyAgain or QuitEnded or RestoreEnded:
                return true;
            default:
                return false;
        }
    }

    // A retry every second may fail for the same cause each time: logged once.
    private void WarnOncePerCause(string what, string cause)
    {
        if (_causes.GetValueOrDefault(what) != cause)
        {
            _causes[what] = cause;
            _log.Warning("{0}: {1}", what, cause);
        }
    }

    private void Hear(QmpEvent monitorEvent)
    {
        HearMigration(monitorEvent);
        var death = _death.With(monitorEvent);
        if (death != _death)
        {
            _log.Debug("Monitor event {0}", monitorEvent.Name);
        }

        _death = death;
        if (_death.IsAnnounced && !Timers.IsTimerActive(ExitTimedOut.Instance))
        {
            Timers.StartSingleTimer(ExitTimedOut.Instance, ExitTimedOut.Instance, _settings.ExitTimeout);
        }
    }

    private void Conclude()
    {
        var exit = _process!.Pidfd.TryReap();
        var reason = _death.Describe(exit, _process.LastLogLine());
        _process.SaveLog(_config!.VmmLog);
        _log.Info("VMM {0} has died: {1}", _process.Identity.Pid, reason);
        if (_beginning is not null)
        {
            Fail(new(FailureCode.NotFound, $"the vmm is gone: {reason}"));
        }
        else if (_stoppers.Count == 0)
        {
            Context.Parent.Tell(new HypervisorProtocol.VmmDied(reason));
        }

        End(reason);
    }

    private void End(string reason)
    {
        _end = $"the vmm is not running: {reason}";
        Timers.CancelAll();
        CloseMonitor();
        _process?.Dispose();
        _process = null;
        ReleaseHeld();
        AnswerStoppers(new HypervisorProtocol.Stopped());
        Become(Ended);
    }

    private void BeginStop(HypervisorProtocol.Stop stop)
    {
        _stoppers.Add(Sender);
        ClimbTo(stop.IsUrgent ? StopRung.Kill : _monitor is { IsCompletedSuccessfully: true } ? StopRung.Quit : StopRung.Terminate);
        Become(Stopping);
    }

    private void ClimbTo(StopRung rung)
    {
        _rung = rung;
        switch (rung)
        {
            case StopRung.Quit:
                Quit();
                break;
            case StopRung.Terminate:
                _process!.Pidfd.Signal(Signals.SIGTERM);
                break;
            default:
                _process!.Pidfd.Signal(Signals.SIGKILL);
                break;
        }

        var timeout = rung switch
        {
            StopRung.Quit => _settings.QuitTimeout,
            StopRung.Terminate => _settings.TerminateTimeout,
            _ => _settings.KillTimeout,
        };
        Timers.StartSingleTimer(RungTimedOut.Instance, RungTimedOut.Instance, timeout);
    }

    private void GiveUpStopping()
    {
        var message = $"process {_process!.Identity.Pid} has not ended {_settings.KillTimeout.TotalSeconds} s after SIGKILL";
        _log.Warning("Stop failed: {0}", message);
        AnswerStoppers(new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.DeadlineExceeded, message)));
    }

    private void AnswerStoppers(object reply)
    {
        foreach (var stopper in _stoppers)
        {
            stopper.Tell(reply);
        }

        _stoppers.Clear();
    }

    private static object Cancelled(Exception failure) =>
        failure is OperationCanceledException ? WatchCancelled.Instance : new Status.Failure(failure);

    private sealed record Exited : IDeadLetterSuppression
    {
        public static readonly Exited Instance = new();
    }

    private sealed record WatchFailed(string Reason) : IDeadLetterSuppression;

    private sealed record WatchAgain
    {
        public static readonly WatchAgain Instance = new();
    }

    private sealed record WatchCancelled : IDeadLetterSuppression
    {
        public static readonly WatchCancelled Instance = new();
    }

    private sealed record LastWordsTimedOut
    {
        public static readonly LastWordsTimedOut Instance = new();
    }

    private sealed record ExitTimedOut
    {
        public static readonly ExitTimedOut Instance = new();
    }

    private sealed record RungTimedOut
    {
        public static readonly RungTimedOut Instance = new();
    }
}

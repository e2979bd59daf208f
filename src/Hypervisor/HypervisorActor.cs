using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor.Qmp;
using KataActors.Linux;

namespace KataActors.Hypervisor;

/// <summary>
/// One QEMU: started or adopted, watched, queried, stopped. The process outlives this actor: only <see cref="HypervisorProtocol.Stop"/>
/// ends it. A failed actor is replaced by a new one, which adopts.
/// <code>
///            Launch               started
///   Idle ─────────────► Launching ──────────────────────► Running ──── Stop ───► Stopping ──┐
///    │ │                   │ failed, or Stop: undone        ▲  │                  quit      │ exit:
///    │ │                   └──────────────────────► Ended   │  │ exit:            SIGTERM   │ Stopped
///    │ │ Adopt              verified, or another vm's uuid  │  │ VmmDied          SIGKILL   │
///    │ └───────► Adopting ──────────────────────────────────┘  └────────► Ended ◄───────────┘
///    │              │ gone                                                  ▲
///    │ Stop         └───────────────────────────────────────────────────────┤
///    └──────────────────────────────────────────────────────────────────────┘
/// </code>
/// Only the process's exit, seen through its pidfd, counts as its end. The monitor's events give the reason; so after an exit the actor waits a moment
/// for the monitor's last events, and after an announced end it waits for the exit, with a deadline and then SIGKILL. A process that cannot be examined,
/// for lack of descriptors or memory, counts neither as alive nor as dead, and a silent monitor is no proof against a live process: Adopting lasts
/// until both have answered, or the process has died or is stopped.
/// </summary>
public sealed partial class HypervisorActor : UntypedActor, IWithTimers
{
    private static readonly TimeSpan s_lastWordsTimeout = TimeSpan.FromMilliseconds(50);

    // From the end of the monitor's connection to the exit of a QEMU that ends.
    private static readonly TimeSpan s_endAfterMonitor = TimeSpan.FromSeconds(2);

    private readonly HypervisorSettings _settings;
    private readonly IVmmLauncher _launcher;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _ended = new();
    private readonly List<IActorRef> _stoppers = [];

    // The launch or adoption under way.
    private HypervisorProtocol.ICommand? _beginning;
    private IActorRef _beginner = ActorRefs.Nobody;
    private CancellationTokenSource? _launch;

    // The VMM. The actor owns the process handle, and frees it after the process's death or at its own stop.
    private VmConfig? _config;
    private VmmProcess? _process;
    private VmmDeath _death = VmmDeath.None;
    private bool _hasExited;
    private StopRung _rung;
    private string _end = "no vmm was launched";

    /// <summary>Creates the actor of one sandbox's VMM. Its parent gets <see cref="HypervisorProtocol.VmmDied"/>, and stops it on failure.</summary>
    public HypervisorActor(HypervisorSettings settings, IVmmLauncher launcher)
    {
        _settings = settings;
        _launcher = launcher;
    }

    private enum StopRung
    {
        Quit,
        Terminate,
        Kill,
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to create it.</summary>
    public static Props Props(HypervisorSettings settings, IVmmLauncher launcher) =>
        Akka.Actor.Props.Create(() => new HypervisorActor(settings, launcher));

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Launch launch:
                BeginLaunch(launch);
                break;
            case HypervisorProtocol.Adopt adopt:
                BeginAdoption(adopt);
                break;
            default:
                Ended(message);
                break;
        }
    }

    private void Launching(object message)
    {
        switch (message)
        {
            case LaunchEnded { Process: { } process } when _stoppers.Count > 0:
                // It was started before the cancellation came. It has no user yet, so SIGKILL does no harm.
                Watch(process);
                Fail(new(FailureCode.FailedPrecondition, "the launch was stopped"));
                ClimbTo(StopRung.Kill);
                Become(Stopping);
                break;
            case LaunchEnded { Process: { } process }:
                Watch(process);
                ConnectMonitor();
                if (IsClone(_config!))
                {
                    Restore();
                }

                Succeed(new HypervisorProtocol.Launched(process.Identity));
                Become(Running);
                break;
            case LaunchEnded { Failure: { } failure }:
                Fail(failure);
                End(failure.Message);
                break;
            case HypervisorProtocol.Stop:
                _stoppers.Add(Sender);
                _launch!.Cancel();
                break;
            default:
                Refuse(message, "the vmm is being launched");
                break;
        }
    }

    private void Adopting(object message)
    {
        switch (message)
        {
            case ProcessUnseen unseen:
                WarnOncePerCause($"VMM {((HypervisorProtocol.Adopt)_beginning!).Vmm.Pid} cannot be examined, trying again", unseen.Reason);
                AnswerStoppers(new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.Unavailable, unseen.Reason)));
                Timers.StartSingleTimer(LookAgain.Instance, LookAgain.Instance, _settings.MonitorReconnectDelay);
                break;
            case LookAgain:
                Look();
                break;
            case ProcessFound { Process: null }:
                Fail(new(FailureCode.NotFound, "the vmm is gone"));
                End("the vmm is gone");
                break;
            case ProcessFound { Process: { } process } when _stoppers.Count > 0:
                Watch(process);
                Fail(new(FailureCode.FailedPrecondition, "the adoption was stopped"));
                ClimbTo(StopRung.Terminate);
                Become(Stopping);
                break;
            case ProcessFound { Process: { } process }:
                Watch(process);
                ConnectMonitor();
                Verify();
                break;
            case Verified verified:
                Succeed(new HypervisorProtocol.Adopted(_process!.Identity, verified.Status));
                Become(Running);
                break;
            case BelongsToAnother other:
                Fail(new(FailureCode.FailedPrecondition, other.Reason));
                Become(Running);
                break;
            case Unverified unverified:
                WarnOncePerCause($"The monitor of VMM {_process!.Identity.Pid} has not confirmed its uuid, trying again", unverified.Reason);
                Timers.StartSingleTimer(VerifyAgain.Instance, VerifyAgain.Instance, _settings.MonitorReconnectDelay);
                break;
            case VerifyAgain:
                Verify();
                break;
            case HypervisorProtocol.Stop stop when _process is not null:
                Fail(new(FailureCode.FailedPrecondition, "the adoption was stopped"));
                BeginStop(stop);
                break;
            case HypervisorProtocol.Stop:
                _stoppers.Add(Sender);
                break;
            default:
                if (!WatchesProcess(message))
                {
                    Refuse(message, "the vmm is being adopted");
                }

                break;
        }
    }

    private void Running(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.QueryVcpus query:
                Ask(query, async (monitor, cancellation) => new HypervisorProtocol.VcpuThreads(
                    await monitor.QueryVcpuThreadsAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false)));
                break;
            case HypervisorProtocol.SetVcpus set:
                Ask(set, async (monitor, cancellation) => await new VcpuHotplug(monitor, _settings, _config!.Accelerator).SetAsync(set.Count, cancellation).ConfigureAwait(false));
                break;
            case HypervisorProtocol.PlugInterfaces plug:
                Ask(plug, (monitor, cancellation) => new InterfaceHotplug(monitor, _settings, _config!).PlugAsync(plug, cancellation));
                break;
            case RestoreEnded ended:
                TellRestored(ended);
                break;
            case HypervisorProtocol.SaveTemplate save:
                Save(save);
                break;
            case HypervisorProtocol.Pause pause:
                Ask(pause, async (monitor, cancellation) =>
                {
                    await monitor.StopAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
                    return new HypervisorProtocol.Paused();
                });
                break;
            case HypervisorProtocol.Resume resume:
                Ask(resume, async (monitor, cancellation) =>
                {
                    await monitor.ContinueAsync(_settings.MonitorCommandTimeout, cancellation).ConfigureAwait(false);
                    return new HypervisorProtocol.Resumed();
                });
                break;
            case HypervisorProtocol.Stop stop:
                BeginStop(stop);
                break;
            default:
                if (!WatchesProcess(message))
                {
                    Refuse(message, "a vmm runs already");
                }

                break;
        }
    }

    private void Stopping(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Stop stop:
                _stoppers.Add(Sender);
                if (!Timers.IsTimerActive(RungTimedOut.Instance) || (stop.IsUrgent && _rung != StopRung.Kill))
                {
                    ClimbTo(StopRung.Kill);
                }

                break;
            case RungTimedOut when _rung == StopRung.Kill:
                GiveUpStopping();
                break;
            case RungTimedOut:
                ClimbTo(_rung + 1);
                break;
            case QuitEnded { Failure: not null } when _rung == StopRung.Quit:
                ClimbTo(StopRung.Terminate);
                break;
            default:
                if (!WatchesProcess(message))
                {
                    Refuse(message, "the vmm is being stopped");
                }

                break;
        }
    }

    private void Ended(object message)
    {
        switch (message)
        {
            case HypervisorProtocol.Stop:
                Sender.Tell(new HypervisorProtocol.Stopped());
                break;
            case Reply reply:
                reply.To.Tell(reply.Message);
                break;
            case MonitorConnected or MonitorSaid or MonitorEnded or Verified or BelongsToAnother or Unverified or QuitEnded or RestoreEnded or WatchFailed:
                break;
            default:
                Refuse(message, _end);
                break;
        }
    }

    private void BeginLaunch(HypervisorProtocol.Launch launch)
    {
        _config = launch.Config;
        _beginning = launch;
        _beginner = Sender;
        _launch = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token);
        LaunchAsync(launch, _launch.Token).PipeTo(Self);
        Become(Launching);
    }

    private void BeginAdoption(HypervisorProtocol.Adopt adopt)
    {
        _config = adopt.Config;
        _beginning = adopt;
        _beginner = Sender;
        Look();
        Become(Adopting);
    }

    // A process that cannot be examined may still live.
    private void Look()
    {
        var adopt = (HypervisorProtocol.Adopt)_beginning!;
        Task.Run(() => new ProcessFound(VmmAdoption.TryOpen(adopt))).PipeTo<ProcessFound>(
            Self, failure: e => e is LinuxException ? new ProcessUnseen(e.Message) : new Status.Failure(e));
    }

    private async Task<LaunchEnded> LaunchAsync(HypervisorProtocol.Launch launch, CancellationToken cancellation)
    {
        try
        {
            var process = await _launcher
                .LaunchAsync(launch.Config, launch.NetworkNamespace, _settings.LaunchTimeout, cancellation).ConfigureAwait(false);
            return new LaunchEnded(process, null);
        }
        catch (VmmLaunchException e)
        {
            return new LaunchEnded(null, e.Failure);
        }
        catch (OperationCanceledException)
        {
            return new LaunchEnded(null, new Failure(FailureCode.FailedPrecondition, "the launch was stopped"));
        }
    }

    private void Succeed(object reply)
    {
        _beginner.Tell(reply);
        _beginning = null;
    }

    private void Fail(Failure failure)
    {
        if (_beginning is { } command)
        {
            _beginner.Tell(new HypervisorFailure(command, failure));
            _beginning = null;
        }
    }

    private void Refuse(object message, string why)
    {
        switch (message)
        {
            case HypervisorProtocol.ICommand command:
                Sender.Tell(new HypervisorFailure(command, new(FailureCode.FailedPrecondition, why)));
                break;
            case Status.Failure unknown:
                // A task failed with an unexpected exception: the parent decides.
                throw new InvalidOperationException("work of the hypervisor failed", unknown.Cause);
            default:
                Unhandled(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _ended.Cancel();
        _ended.Dispose();
        _launch?.Dispose();
        CloseMonitor();
        _process?.Dispose();
    }

    private sealed record LaunchEnded(VmmProcess? Process, Failure? Failure);

    private sealed record ProcessFound(VmmProcess? Process);

    private sealed record ProcessUnseen(string Reason);

    private sealed record LookAgain
    {
        public static readonly LookAgain Instance = new();
    }
}

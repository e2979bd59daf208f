using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using static KataActors.Runtime.Containers.ContainerProtocol;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Containers;

/// <summary>
/// One process of a container, its first one or an added one: starts, signals and awaits it, moves its stdio, and watches its stand-in.
/// All of its state is in the journal or the guest as well, so a fresh actor adopts the process.
/// <code>
/// Live ──the process exits──▶ Exited ──the VM ends──▶ Gone
///   └───────────────── the VM ends ─────────────────────▲
/// </code>
/// When the stand-in dies, the actor kills the process: to the caller, the stand-in's pid is the process. A SIGKILL is done when the process has ended;
/// when the guest does not report the end in time, the parent is told that the guest hangs.
/// </summary>
internal sealed partial class ProcessActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_signalTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_waitTimeout = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_retryPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly ProcessPlace _place;
    private readonly ProcessIdentity _standIn;
    private readonly IActorRef _agent;
    private readonly TimeSpan _callTimeout;
    private readonly TimeSpan _killDeadline;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Backoff _looks = new(s_retryPause, s_longestPause);
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private Pidfd? _standInHandle;
    private string _end = "its process has ended";
    private bool _waiting;
    private bool _hasEnded;
    private bool _hasLostStandIn;
    private bool _hasReportedStandIn;

    public ProcessActor(ProcessPlace place, ProcessIdentity standIn, bool hasEnded, GuestAccess guest)
    {
        _place = place;
        _standIn = standIn;
        (_agent, _callTimeout, _killDeadline) = guest;
        _hasEnded = hasEnded;
        if (hasEnded)
        {
            Exited();
        }
        else
        {
            Live();
        }
    }

    private sealed record StandInEnded;

    private sealed record StandInUnseen(string Reason) : IDeadLetterSuppression;

    private sealed record LookAgain;

    private sealed record AwaitExit;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="place">The process.</param>
    /// <param name="standIn">Its stand-in.</param>
    /// <param name="hasEnded">Whether its end is on record.</param>
    /// <param name="guest">The way to the guest.</param>
    public static Props Props(ProcessPlace place, ProcessIdentity standIn, bool hasEnded, GuestAccess guest) =>
        Akka.Actor.Props.Create(() => new ProcessActor(place, standIn, hasEnded, guest));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        WatchStandIn();
        Self.Tell(new AwaitExit());
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _stopped.Dispose();
        _standInHandle?.Dispose();
        AnswerKillers(new Failure(FailureCode.Unavailable, $"cannot signal {_place}: its actor has stopped"));
    }

    // A stand-in that cannot be examined (for lack of descriptors, say) may still live.
    private void WatchStandIn()
    {
        try
        {
            _standInHandle ??= Pidfd.TryOpen(_standIn);
        }
        catch (LinuxException e)
        {
            Self.Tell(new StandInUnseen(e.Message));
            return;
        }

        if (_standInHandle is null)
        {
            Self.Tell(new StandInEnded());
            return;
        }

        _standInHandle.WaitForExitAsync(_stopped.Token).PipeTo(Self, success: () => new StandInEnded(), failure: e => new StandInUnseen(e.Message));
    }

    private void Live()
    {
        Receive<Start>(BeginStart);
        Receive<KillContainer>(Kill);
        Receive<AwaitExit>(_ => Await());
        Receive<AgentAvailable>(_ =>
        {
            Await();
            KillWhenAvailable();
        });
        Receive<AgentProtocol.Invoked>(invoked => invoked.Token is "wait", invoked =>
        {
            var end = (WaitProcessResponse)invoked.Response;
            Ended(end.Status, PrintableText.Of(end.StartFailure));
        });
        Receive<AgentProtocol.InvokeFailed>(failed => failed.Token is "wait", WaitFailed);
        Receive<StandInEnded>(_ =>
        {
            _log.Warning("the stand-in of {0} is gone; killing the process", _place);
            LoseStandIn();
            BeginKill(all: _place.IsFirst, requester: null);
        });
        Killing();
        Receive<VmEnded>(_ => End(Gone));
        Stdio();
        Common();
    }

    private void Exited()
    {
        Receive<StandInEnded>(_ => LoseStandIn());
        Receive<KillContainer>(kill => kill.All, Kill); // Other processes of a pod's pid namespace may be left.
        Receive<KillContainer>(_ => Sender.Tell(NotRunning()));
        Receive<AwaitExit>(_ => { });
        Receive<AgentAvailable>(_ => { });
        Receive<KillAgain>(_ => { });
        Receive<VmEnded>(_ => Become(Gone));
        Stdio();
        Common();
    }

    // The guest is gone, and its unread output with it: the stand-in sees the end of its streams.
    private void Gone()
    {
        Receive<ReadOutput>(_ => Sender.Tell(new OutputRead(ReadOnlyMemory<byte>.Empty, EndOfStream: true)));
        Receive<WriteInput>(write => Sender.Tell(new InputAccepted((uint)write.Data.Length)));
        Receive<CloseInput>(_ => Sender.Tell(new InputClosed()));
        Receive<ResizeTerminal>(_ => Sender.Tell(new TerminalResized()));
        Receive<StandInEnded>(_ => LoseStandIn());
        Receive<KillContainer>(kill => kill.All, _ => Sender.Tell(new Signalled()));
        Receive<KillContainer>(_ => Sender.Tell(NotRunning()));
        Common();
    }

    private void Stdio()
    {
        Receive<ReadOutput>(read => _agent.Forward(new AgentProtocol.ReadStream(_place.GuestId, _place.GuestProcess, read.Stderr, read.Offset, read.MaxBytes, read.Wait, read.Close)));
        Receive<WriteInput>(write => _agent.Forward(new AgentProtocol.WriteStream(_place.GuestId, _place.GuestProcess, write.Offset, write.Data)));
        Receive<CloseInput>(close => _agent.Forward(new AgentProtocol.CloseStream(_place.GuestId, _place.GuestProcess, close.Offset)));
        Receive<ResizeTerminal>(resize => _agent.Forward(new AgentProtocol.ResizeTerminal(_place.GuestId, _place.GuestProcess, resize.Rows, resize.Columns)));
    }

    // The answer to a start or a signal may arrive after the report of the end that it caused.
    private void Common()
    {
        Receive<StandInUnseen>(unseen =>
        {
            var pause = _looks.Fail(unseen.Reason, out var isNews);
            if (isNews)
            {
                _log.Warning("the stand-in of {0} cannot be examined, trying again: {1}", _place, unseen.Reason);
            }

            Timers.StartSingleTimer(nameof(LookAgain), new LookAgain(), pause);
        });
        Receive<LookAgain>(_ => WatchStandIn());
        AnswersToStart();
        Receive<AgentProtocol.Invoked>(invoked => invoked.Token is KillCall, invoked => Killed((KillCall)invoked.Token!));
        Receive<AgentProtocol.InvokeFailed>(failed => failed.Token is KillCall, failed => KillRefused((KillCall)failed.Token!, failed.Failure));
        Receive<AgentProtocol.Invoked>(invoked => invoked.Token is IActorRef, invoked => ((IActorRef)invoked.Token!).Tell(new Signalled()));
        Receive<AgentProtocol.InvokeFailed>(failed => failed.Token is IActorRef, failed => Refuse((IActorRef)failed.Token!, failed.Failure));
        Receive<KillOverdue>(_ => { });
        // A repeated start may come after the end of a process that could not be executed.
        Receive<Start>(_ => Sender.Tell(new StartFailed(new Failure(FailureCode.FailedPrecondition, _end))));
        Receive<EndStandIn>(_ => Sender.Tell(new StandInKilled(_place.Id, TryKillStandIn())));
        Receive<AgentProtocol.Invoked>(_ => { });
        Receive<AgentProtocol.InvokeFailed>(_ => { });
    }

    // Null, or why the stand-in could not be examined.
    private string? TryKillStandIn()
    {
        try
        {
            _standInHandle ??= Pidfd.TryOpen(_standIn);
            _standInHandle?.Signal(Sigkill);
            return null;
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
    }

    private void Refuse(IActorRef requester, Failure failure) =>
        requester.Tell(failure with { Message = $"cannot signal {_place}: {failure.Message}" });

    private void Kill(KillContainer kill)
    {
        if (kill.Signal == Sigkill)
        {
            BeginKill(kill.All, Sender);
        }
        else
        {
            Invoke(Sender, Signal((uint)kill.Signal, kill.All), s_signalTimeout);
        }
    }

    private SignalProcessRequest Signal(uint signal, bool all) => new()
    {
        ContainerId = _place.GuestId,
        ExecId = all ? "" : _place.GuestProcess,
        Signal = signal,
    };

    private void Await()
    {
        if (!_waiting)
        {
            _waiting = true;
            Invoke("wait", new WaitProcessRequest { ContainerId = _place.GuestId, ExecId = _place.GuestProcess }, s_waitTimeout);
        }
    }

    private void WaitFailed(AgentProtocol.InvokeFailed failed)
    {
        _waiting = false;
        if (failed.Failure.Code == FailureCode.NotFound)
        {
            Ended(137, $"the guest no longer knows {_place}");
            return;
        }

        Timers.StartSingleTimer(nameof(AwaitExit), new AwaitExit(), s_retryPause);
    }

    // To an added process, the end of its stand-in is the last news.
    private void LoseStandIn()
    {
        _hasLostStandIn = true;
        ReportStandIn();
    }

    private void ReportStandIn()
    {
        if (_hasLostStandIn && (_place.IsFirst || _hasEnded) && !_hasReportedStandIn)
        {
            _hasReportedStandIn = true;
            Context.Parent.Tell(new StandInExited(_place.Id, _place.Process));
        }
    }

    private void End(Action next)
    {
        _hasEnded = true;
        Become(next);
        AnswerKillers(new Signalled());
        ReportStandIn();
    }

    private void Ended(int code, string reason)
    {
        _end = reason.Length > 0 ? reason : _end;
        // The guest is not trusted: only numbers that can be an exit status are accepted.
        Context.Parent.Tell(new ProcessExited(_place.Id, _place.Process, code is >= 0 and <= 255 ? code : 255, reason));
        End(Exited);
    }

    private void Invoke(object token, Google.Protobuf.IMessage request, TimeSpan timeout) =>
        _agent.Tell(new AgentProtocol.Invoke(token, request, timeout));

    private Failure NotRunning() => new(FailureCode.FailedPrecondition, $"cannot signal {_place}: container not running");
}

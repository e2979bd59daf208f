using Akka.Actor;
using KataActors.Runtime.Agents;
using static KataActors.Runtime.Containers.ContainerProtocol;
using static KataActors.Runtime.Sandboxes.SandboxCommands;

namespace KataActors.Runtime.Containers;

// SIGKILL: repeated until the guest acknowledges it, and done when the process has ended for any reason. A guest that acknowledges it but does not report
// the exit in time counts as hung. An unreachable guest gets the time of a call to the agent, and the full time once it can be reached again.
internal sealed partial class ProcessActor
{
    private const int Sigkill = 9;

    // Requesters of unacknowledged SIGKILLs.
    private readonly List<IActorRef> _killers = [];

    // Whether the SIGKILL is for all processes; null for no SIGKILL.
    private bool? _killAll;
    private bool _isPatient;

    private void Killing()
    {
        Receive<KillAgain>(_ => SendKill(null));
        Receive<AgentProtocol.InvokeFailed>(failed => failed is { Token: KillCall, Failure.Code: not (FailureCode.NotFound or FailureCode.FailedPrecondition or FailureCode.InvalidArgument) }, KillLater);
        Receive<KillOverdue>(_ => Context.Parent.Tell(new KillUnheeded(_place.Id)));
    }

    private void BeginKill(bool all, IActorRef? requester)
    {
        _killAll = all || _killAll is true;
        if (!Timers.IsTimerActive(nameof(KillOverdue)))
        {
            ExpectExit(_killDeadline);
        }

        SendKill(requester);
    }

    private void SendKill(IActorRef? requester) => Invoke(new KillCall(requester), Signal(Sigkill, _killAll is true), s_signalTimeout);

    private void KillLater(AgentProtocol.InvokeFailed failed)
    {
        if (((KillCall)failed.Token!).Requester is { } requester)
        {
            _killers.Add(requester);
        }

        if (failed.Failure.Code == FailureCode.Unavailable && !_isPatient)
        {
            _isPatient = true;
            ExpectExit(_callTimeout);
        }

        Timers.StartSingleTimer(nameof(KillAgain), new KillAgain(), s_retryPause);
    }

    private void KillWhenAvailable()
    {
        if (_killAll is not null)
        {
            _isPatient = false;
            ExpectExit(_killDeadline);
            SendKill(null);
        }
    }

    private void Killed(KillCall call)
    {
        call.Requester?.Tell(new Signalled());
        AnswerKillers(new Signalled());
    }

    // The process may have ended meanwhile; then a missing answer means nothing.
    private void KillRefused(KillCall call, Failure failure)
    {
        Timers.Cancel(nameof(KillOverdue));
        _killAll = null;
        if (failure.Code is FailureCode.Unavailable or FailureCode.DeadlineExceeded or FailureCode.Cancelled)
        {
            call.Requester?.Tell(new Signalled());
        }
        else if (call.Requester is { } requester)
        {
            Refuse(requester, failure);
        }
    }

    private void AnswerKillers(object reply)
    {
        _killers.ForEach(killer => killer.Tell(reply));
        _killers.Clear();
    }

    private void ExpectExit(TimeSpan deadline) => Timers.StartSingleTimer(nameof(KillOverdue), new KillOverdue(), deadline);

    private sealed record KillAgain;

    private sealed record KillOverdue;

    // The token of a SIGKILL; the requester is null for a repetition, or a SIGKILL without a requester.
    private sealed record KillCall(IActorRef? Requester);
}

using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Sandboxes.Core.Operations;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The return of a sandbox in memory to the journal. A separate actor writes the whole record at once, so that its failure does no harm; then this
// actor stops, and a fresh one replays the journal.
internal sealed partial class SandboxActor
{
    private static readonly TimeSpan s_firstReturnPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestReturnPause = TimeSpan.FromMinutes(1);

    // Longer than the journal's own deadlines for a replay and a write.
    private static readonly TimeSpan s_returnDeadline = TimeSpan.FromMinutes(1);

    private readonly Backoff _returns = new(s_firstReturnPause, s_longestReturnPause);
    private readonly HashSet<string> _removed = [];
    private IActorRef? _restatement;

    // No work is under way that a fresh actor would lose: a resting removal begins again there.
    private bool IsSettled => _pending is null && _inputs.Count == 0 && _creations.Count == 0
        && _state.Operations.Values.All(operation => operation is Removal { IsUnderWay: false } or RetryLimits);

    private void AwaitJournal()
    {
        if (!IsJournaled)
        {
            TryToReturnAfter(s_firstReturnPause);
        }
    }

    private bool OnReturnStep(object message)
    {
        switch (message)
        {
            case ReturnDue:
                StopRestatement("the journal did not answer in time");
                LookForCopyAgain();
                Context.Parent.Tell(new ReturnWanted(_registration.Uuid));
                TryToReturnAfter(_returns.Fail(_returns.Cause, out _));
                return true;
            case MayReturn when !IsJournaled && _restatement is null && IsSettled:
                _restatement = Context.ActorOf(RestatementActor.Props(PersistenceId, _state.Record, [.. _removed]), FreeName("restatement"));
                TryToReturnAfter(s_returnDeadline);
                return true;
            case MayReturn:
                return true;
            case RestatementActor.Restated restated when Sender.Equals(_restatement):
                _restatement = null;
                OnRestated(restated);
                return true;
            case RestatementActor.NotRestated failed when Sender.Equals(_restatement):
                _restatement = null;
                SayWhyNot(failed.Reason);
                return true;
            case RestatementActor.Restated or RestatementActor.NotRestated:
                return true;
            default:
                return false;
        }
    }

    private void OnRestated(RestatementActor.Restated restated)
    {
        if (!restated.InJournal)
        {
            // Neither the journal nor the run directory has more than the sandbox's name.
            Timers.Cancel(nameof(ReturnDue));
        }
        else if (ReferenceEquals(restated.Record, _state.Record) && IsSettled)
        {
            _log.Info("the journal has the whole record; the sandbox is journaled again");
            Context.Parent.Tell(new JournalRegained(_registration.Uuid, TakeRemovals()));
            Context.Stop(Self);
        }
        else
        {
            // The record has changed meanwhile, or work has begun.
            TryToReturnAfter(s_firstReturnPause);
        }
    }

    private void TryToReturnAfter(TimeSpan pause) => Timers.StartSingleTimer(nameof(ReturnDue), new ReturnDue(), pause);

    private void StopRestatement(string why)
    {
        if (_restatement is { } restatement)
        {
            Context.Stop(restatement);
            _restatement = null;
            SayWhyNot(why);
        }
    }

    private void SayWhyNot(string reason)
    {
        TryToReturnAfter(_returns.Fail(reason, out var isNews));
        if (isNews)
        {
            _log.Warning("the journal cannot be used again yet: {0}", reason);
        }
    }

    private sealed record ReturnDue;
}

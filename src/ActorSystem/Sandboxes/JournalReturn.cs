using Akka.Actor;
using Akka.Event;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The return of a sandbox in memory to the journal. A separate actor writes the whole record at once, so that its failure does no harm; then the
/// SandboxActor stops, and a fresh one replays the journal.
/// </summary>
/// <param name="sandbox">The sandbox.</param>
/// <param name="context">Its context.</param>
/// <param name="log">Its log.</param>
internal sealed class JournalReturn(SandboxJournal sandbox, IActorContext context, ILoggingAdapter log)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    // Longer than the journal's own deadlines for a replay and a write.
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly Backoff _pauses = new(s_firstPause, s_longestPause);
    private IActorRef? _restatement;

    /// <summary>Begins the attempts.</summary>
    public void Await() => TryAfter(s_firstPause);

    /// <summary>Takes a message of the return. False for other messages.</summary>
    public bool On(object message)
    {
        switch (message)
        {
            case Due:
                StopRestatement("the journal did not answer in time");
                sandbox.LookForCopyAgain();
                context.Parent.Tell(new ReturnWanted(sandbox.Registration.Uuid));
                TryAfter(_pauses.Fail(_pauses.Cause, out _));
                return true;
            case MayReturn when !sandbox.IsJournaled && _restatement is null && sandbox.IsSettled:
                _restatement = context.ActorOf(
                    RestatementActor.Props(sandbox.PersistenceId, sandbox.State.Record, [.. sandbox.Removed]), context.FreeName("restatement"));
                TryAfter(s_deadline);
                return true;
            case RestatementActor.Restated restated when context.Sender.Equals(_restatement):
                _restatement = null;
                OnRestated(restated);
                return true;
            case RestatementActor.NotRestated failed when context.Sender.Equals(_restatement):
                _restatement = null;
                SayWhyNot(failed.Reason);
                return true;
            case MayReturn or RestatementActor.Restated or RestatementActor.NotRestated:
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
            sandbox.Timers.Cancel(nameof(Due));
        }
        else if (ReferenceEquals(restated.Record, sandbox.State.Record) && sandbox.IsSettled)
        {
            log.Info("the journal has the whole record; the sandbox is journaled again");
            context.Parent.Tell(new JournalRegained(sandbox.Registration.Uuid, sandbox.TakeRemovals()));
            context.Stop(context.Self);
        }
        else
        {
            // The record has changed meanwhile, or work has begun.
            sandbox.StayAhead(restated.Sequence);
            TryAfter(s_firstPause);
        }
    }

    private void TryAfter(TimeSpan pause) => sandbox.Timers.StartSingleTimer(nameof(Due), new Due(), pause);

    private void StopRestatement(string why)
    {
        if (_restatement is { } restatement)
        {
            context.Stop(restatement);
            _restatement = null;
            SayWhyNot(why);
        }
    }

    private void SayWhyNot(string reason)
    {
        TryAfter(_pauses.Fail(reason, out var isNews));
        if (isNews)
        {
            log.Warning("the journal cannot be used again yet: {0}", reason);
        }
    }

    private sealed record Due;
}

using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using KataActors.Model.Journal;
using static KataActors.Runtime.Sandboxes.SandboxRegisterProtocol;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The journal of the SandboxManagerActor: the list of sandboxes on this node. It is a separate actor because a persistent actor stops when a write
/// fails, and the manager, with all sandboxes below it, must not. The manager then creates a fresh one.
/// <code>
/// (journal) ──Loaded to the parent──▶ Writing ──a write failed──▶ (stops)
/// </code>
/// </summary>
internal sealed class SandboxRegisterActor : UntypedPersistentActor
{
    private const int SnapshotInterval = 200;

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, SandboxAdmitted> _sandboxes = [];

    /// <inheritdoc/>
    public override string PersistenceId => "sandbox-manager";

    public static Props Props() => Akka.Actor.Props.Create(() => new SandboxRegisterActor());

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SnapshotOffer { Snapshot: SandboxRegister register }:
                foreach (var admitted in register.Sandboxes)
                {
                    Apply(admitted);
                }

                break;
            case RecoveryCompleted:
                Context.Parent.Tell(new Loaded([.. _sandboxes.Values]));
                break;
            default:
                Apply(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case Write write:
                PersistAsync(write.Event, written =>
                {
                    Apply(written);
                    Context.Parent.Tell(new Written(written));
                    SaveNowAndThen();
                });
                break;
            case SaveSnapshotSuccess saved:
                DeleteMessages(saved.Metadata.SequenceNr);
                DeleteSnapshots(new SnapshotSelectionCriteria(saved.Metadata.SequenceNr - 1));
                break;
            case SaveSnapshotFailure failed:
                _log.Warning(failed.Cause, "the register of sandboxes was not saved; the journal grows until the next attempt");
                break;
            case DeleteMessagesSuccess or DeleteMessagesFailure or DeleteSnapshotsSuccess or DeleteSnapshotsFailure:
                // Remaining events are deleted with later ones.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        base.OnPersistRejected(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    private void Apply(object e)
    {
        switch (e)
        {
            case SandboxAdmitted admitted:
                _sandboxes[admitted.Uuid] = admitted;
                break;
            case SandboxForgotten forgotten:
                _sandboxes.Remove(forgotten.Uuid);
                break;
        }
    }

    private void SaveNowAndThen()
    {
        if (LastSequenceNr % SnapshotInterval == 0)
        {
            SaveSnapshot(new SandboxRegister { Sandboxes = { _sandboxes.Values } });
        }
    }
}

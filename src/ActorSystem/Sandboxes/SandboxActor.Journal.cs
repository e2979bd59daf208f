using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Google.Protobuf;
using KataActors.Linux;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The journal, and life without it: kill, stop and delete go on when it fails. What happens then is kept in memory only; the next daemon finds what
// is left to reconcile.
internal sealed partial class SandboxActor
{
    /// <inheritdoc/>
    public override Recovery Recovery => _life == SandboxLife.Unread ? Recovery.None : base.Recovery;

    private bool IsJournaled => _life is SandboxLife.New or SandboxLife.Revived;

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case IMessage e:
                _record = _record.Apply(e);
                break;
            case RecoveryCompleted when _life == SandboxLife.Unread:
                Become(WithoutRecord);
                break;
            case RecoveryCompleted when _life != SandboxLife.New:
                Reconcile();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "the journal cannot be written; the sandbox goes on without it");
        LoseJournal(SandboxLife.Unwritten);
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _log.Error(reason, "the journal cannot be read; the sandbox can only be removed");
        LoseJournal(SandboxLife.Unread);
    }

    // The actor stops after this. Whoever waits for a removal gets it from the next one.
    private void LoseJournal(SandboxLife life)
    {
        var removals = _removals.Values.Append(_removal).OfType<Removal>()
            .SelectMany(removal => removal.Askers
                .Where(asked => asked.Reply is Deleted)
                .Select(asked => (new DeleteContainer(_registration.Key with { Id = removal.Id }, Force: true), asked.Asker)));
        Context.Parent.Tell(new JournalLost(_registration.Uuid, life, [.. removals]));
    }

    // Without the journal only the note tells which QEMU is the sandbox's. As long as it cannot be read, nothing is removed; a damaged one tells nothing.
    private void RemoveByNote(DeleteContainer delete)
    {
        try
        {
            _note ??= SandboxNote.TryRead(_runDirectory);
        }
        catch (LinuxException e)
        {
            Sender.Tell(new Failure(FailureCode.Unavailable, $"cannot delete container \"{delete.Key.Id}\": {e.Message}"));
            return;
        }
        catch (JsonException e)
        {
            _log.Warning("what the run directory says of the sandbox is damaged; its own uuid and the usual cgroups are taken: {0}", e.Message);
        }

        TearDown("", Sender, new Deleted());
    }

    private void WithoutRecord(object message)
    {
        switch (message)
        {
            case DeleteContainer { Force: true } delete:
                RemoveByNote(delete);
                break;
            case IContainerMessage or SandboxQueries.InspectSandbox:
                ReleaseDescriptors(message);
                Sender.Tell(new Failure(
                    FailureCode.Unavailable,
                    $"the journal of sandbox \"{_registration.Key.Id}\" cannot be read; only delete --force is possible"));
                break;
            default:
                Always(message);
                break;
        }
    }

    private void ReleaseDescriptors(object message)
    {
        if (message is CreateContainer create)
        {
            _services.Descriptors.Release(create.Descriptors);
        }
    }

    // Records what happened, then does what follows from it. No other message is taken in between.
    private void Record(IMessage e, Action then) => RecordAll([e], then);

    private void RecordAll(IReadOnlyCollection<IMessage> events, Action then)
    {
        if (events.Count == 0)
        {
            then();
            return;
        }

        if (!IsJournaled)
        {
            _record = events.Aggregate(_record, (record, e) => record.Apply(e));
            Report();
            then();
            return;
        }

        var left = events.Count;
        PersistAll(events, e =>
        {
            _record = _record.Apply(e);
            if (--left == 0)
            {
                Report();
                then();
            }
        });
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

// The journal, and life without it: kill, stop and delete go on when it fails. Later events are kept in memory only; the next daemon reconciles.
internal sealed partial class SandboxActor
{
    /// <inheritdoc/>
    public override Recovery Recovery => _life == SandboxLife.Unread ? Recovery.None : base.Recovery;

    // Why the journal could not be written; null when that has not happened.
    private string? _journalProblem;

    private bool IsJournaled => _life is SandboxLife.New or SandboxLife.Revived;

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case IMessage e:
                _state = _state with { Record = _state.Record.Apply(e) };
                break;
            case RecoveryCompleted when _life == SandboxLife.Unread:
                BeginUnread();
                break;
            case RecoveryCompleted when _life != SandboxLife.New:
                Recover();
                AwaitJournal();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "the journal cannot be written; the sandbox goes on without it");
        _journalProblem = $"the journal of sandbox \"{_registration.Key.Id}\" cannot be written: {cause.Message}";
        if (_life == SandboxLife.New && !_state.Record.Exists)
        {
            // Nothing of the sandbox is on the host, and without an entry in the register its journal does not count.
            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
            return;
        }

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
        _log.Error(reason, "the journal cannot be read; what the run directory holds of the sandbox is taken");
        LoseJournal(SandboxLife.Unread);
    }

    private void Recover()
    {
        if (!_state.Record.Exists || _state.Record.Deleted)
        {
            Context.Parent.Tell(new SandboxGone(_registration.Uuid));
            Become(Leaving);
            DeleteMessages(LastSequenceNr);
            return;
        }

        Report();
        Context.Parent.Tell(new SandboxRecovered(_registration.Uuid));
        Decide(new Recovered());
    }

    // The actor stops after this. Pending removals pass to the next actor.
    private void LoseJournal(SandboxLife life) => Context.Parent.Tell(new JournalLost(_registration.Uuid, life, TakeRemovals()));

    private ImmutableArray<(DeleteContainer Removal, IActorRef Asker)> TakeRemovals()
    {
        var removals = Removals
            .SelectMany(removal => removal.Waiting.Select(waiting => (removal.Command.Container, Waiting: waiting)))
            .Concat(Creations.SelectMany(creation => creation.Deleters.Select(deleter => (creation.Container, Waiting: deleter))))
            .Concat(_inputs.OfType<Delete>().Select(delete => (delete.Container, delete.Waiting)))
            .Where(asked => asked.Waiting.Reply is Deleted)
            .DistinctBy(asked => asked.Waiting.Id)
            .Select(asked => (new DeleteContainer(_registration.Key with { Id = asked.Container }, Force: true), TakeRequester(asked.Waiting.Id)));
        return [.. removals];

        IActorRef TakeRequester(RequesterId id) => _requesters.Remove(id, out var requester) ? requester.Address : ActorRefs.Nobody;
    }

    // Without the journal only the note identifies the sandbox's QEMU. Nothing is removed while the note cannot be read; a damaged note is ignored.
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

        Decide(new Remove(_registration.Key.Id, IsWhole: true, "", Requester(new Deleted())));
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

    private void Write(IReadOnlyCollection<IMessage> events, Action then)
    {
        if (events.Count == 0)
        {
            then();
            return;
        }

        var wasDeleting = _state.Record.Deleting;
        if (!IsJournaled)
        {
            _state = _state with { Record = events.Aggregate(_state.Record, (record, e) => record.Apply(e)) };
            CopyRecord(wasDeleting);
            then();
            return;
        }

        var left = events.Count;
        PersistAll(events, e =>
        {
            _services.CrashPoints.Pass();
            _state = _state with { Record = _state.Record.Apply(e) };
            if (--left == 0)
            {
                CopyRecord(wasDeleting);
                then();
            }
        });
    }
}

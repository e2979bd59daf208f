using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Brings the journal of a sandbox up to date with its record in memory, by one write of the whole record, and stops. It is a separate actor
/// because a persistent actor stops when a write fails, and the sandbox must not. The parent writes nothing meanwhile.
/// <code>
/// (journal) ──the record is not known: nothing to write──▶ Restated to the parent, (stops)
///     └──────written──▶ Restated to the parent, (stops)          a read or a write failed──▶ NotRestated, (stops)
/// </code>
/// </summary>
internal sealed class RestatementActor : UntypedPersistentActor
{
    private readonly string _persistenceId;
    private readonly SandboxRecord _record;
    private readonly ImmutableHashSet<string> _removed;
    private SandboxRecord _journaled = SandboxRecord.Empty;

    public RestatementActor(string persistenceId, SandboxRecord record, ImmutableHashSet<string> removed) =>
        (_persistenceId, _record, _removed) = (persistenceId, record, removed);

    /// <inheritdoc/>
    public override string PersistenceId => _persistenceId;

    /// <param name="persistenceId">The sandbox's persistence id.</param>
    /// <param name="record">The record to write; empty to find out only whether the journal has the sandbox.</param>
    /// <param name="removed">Containers of the record that have been removed.</param>
    public static Props Props(string persistenceId, SandboxRecord record, ImmutableHashSet<string> removed) =>
        Akka.Actor.Props.Create(() => new RestatementActor(persistenceId, record, removed));

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case IMessage e:
                _journaled = _journaled.Apply(e);
                break;
            case RecoveryCompleted when !_record.Exists:
                End(new Restated(_record, _journaled.Exists, LastSequenceNr));
                break;
            case RecoveryCompleted:
                var events = Restatement.Of(_record, _journaled, _removed);
                var left = events.Length;
                PersistAll(events, _ =>
                {
                    if (--left == 0)
                    {
                        End(new Restated(_record, InJournal: true, LastSequenceNr));
                    }
                });
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message) => Unhandled(message);

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Context.Parent.Tell(new NotRestated(cause.Message));

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => End(new NotRestated(cause.Message));

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null) => Context.Parent.Tell(new NotRestated(reason.Message));

    private void End(object report)
    {
        Context.Parent.Tell(report);
        Context.Stop(Self);
    }

    /// <summary>Event for the parent: the journal is readable, and holds the record if that exists.</summary>
    /// <param name="Record">The record that was to be written.</param>
    /// <param name="InJournal">Whether the journal has the sandbox.</param>
    /// <param name="Sequence">The journal's number of its last event.</param>
    public sealed record Restated(SandboxRecord Record, bool InJournal, long Sequence);

    /// <summary>Event for the parent: reading or writing the journal failed.</summary>
    public sealed record NotRestated(string Reason);
}

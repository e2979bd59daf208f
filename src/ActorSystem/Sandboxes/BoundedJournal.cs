using System.Collections.Immutable;
using Akka.Persistence;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// A journal that does not grow with the age of its owner. When it has become long, one write states the whole of what it says, and the events before
/// it are deleted. A crash between the two leaves both, which say the same.
/// </summary>
internal abstract class BoundedJournal : UntypedPersistentActor
{
    // As many as 128 added processes leave: a statement of the whole is then a small part of all writes.
    private const int MostEvents = 512;

    private int _events;
    private int _bound = MostEvents;

    /// <summary>The journal's number of the last event that is part of the whole.</summary>
    protected long Sequence { get; private protected set; }

    /// <summary>The whole as events; appended to earlier ones, or alone, they give the same. Empty when there is nothing left to keep.</summary>
    protected abstract ImmutableArray<IMessage> Restate();

    /// <summary>Takes a message of the replay.</summary>
    protected abstract void OnReplay(object message);

    /// <inheritdoc/>
    protected sealed override void OnRecover(object message)
    {
        if (message is IMessage)
        {
            _events++;
        }
        else if (message is RecoveryCompleted)
        {
            Sequence = LastSequenceNr;
        }

        OnReplay(message);
    }

    /// <summary>Writes events by one write. The actor takes no command until they are persisted.</summary>
    /// <param name="events">The events.</param>
    /// <param name="persisted">Called for each of them, in their order. After the last call the journal may be restated.</param>
    protected void Append(ImmutableArray<IMessage> events, Action<IMessage> persisted)
    {
        _events += events.Length;
        PersistAll(events, e =>
        {
            Sequence++;
            persisted(e);
        });
    }

    /// <summary>Writes events that are part of the whole already.</summary>
    protected void AppendLater(ImmutableArray<IMessage> events)
    {
        _events += events.Length;
        Sequence += events.Length;
        PersistAllAsync(events, _ => { });
    }

    /// <summary>Restates a journal that has become long. To be called when the whole has all events that are written or being written.</summary>
    protected void Shorten()
    {
        if (_events < _bound)
        {
            return;
        }

        var whole = Restate();
        if (whole.IsEmpty)
        {
            return;
        }

        var left = _events = whole.Length;
        Sequence += whole.Length;
        // Else a large whole would be written again with every event.
        _bound = Math.Max(MostEvents, 2 * whole.Length);
        PersistAllAsync(whole, _ =>
        {
            if (--left == 0)
            {
                DeleteMessages(LastSequenceNr - whole.Length);
            }
        });
    }
}

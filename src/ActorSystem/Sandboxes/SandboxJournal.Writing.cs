using System.Collections.Immutable;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes;

// The writes, to the journal and to the copy in the run directory.
internal abstract partial class SandboxJournal
{
    /// <summary>
    /// Records events, and goes on when they outlive the daemon. Events of processes do so in the copy, and reach the journal soon; others are persisted
    /// in the journal. Without the journal it goes on at once.
    /// </summary>
    protected void Write(ImmutableArray<IMessage> events, Action then)
    {
        var before = State.Record;
        if (events.IsEmpty)
        {
            then();
        }
        else if (!IsJournaled)
        {
            ApplyAll(events);
            // A record that may lack a part of the journal never gets ahead of it.
            Sequence += _life == SandboxLife.Unread ? 0 : events.Length;
            _copy.TryWrite(State.Record, before, Sequence);
            then();
        }
        else if (ProcessEvents.Are(events) && _copy.TryAppend(events, Sequence + events.Length))
        {
            Services.Children.CrashPoints.Pass();
            ApplyAll(events);
            AppendLater(events);
            Shorten();
            then();
        }
        else
        {
            Persist(events, then, before);
        }
    }

    /// <summary>Records events; nothing waits for them.</summary>
    protected void WriteLater(ImmutableArray<IMessage> events)
    {
        if (events.IsEmpty)
        {
            return;
        }

        ApplyAll(events);
        if (IsJournaled)
        {
            _copy.TryAppend(events, Sequence + events.Length);
            AppendLater(events);
        }
    }

    private void Persist(ImmutableArray<IMessage> events, Action then, SandboxRecord before)
    {
        _copy.Outdate();
        var left = events.Length;
        Append(events, e =>
        {
            Services.Children.CrashPoints.Pass();
            Apply(e);
            if (--left == 0)
            {
                Shorten();
                then();
                if (!_copy.TryWrite(State.Record, before, Sequence))
                {
                    // Its number may be higher than that of events which it lacks.
                    _copy.Remove();
                }
            }
        });
    }

    /// <summary>The journal has got the whole record, but the record has changed meanwhile: the copy stays ahead.</summary>
    /// <param name="journal">The journal's number of its last event.</param>
    public void StayAhead(long journal)
    {
        if (_life == SandboxLife.Unwritten && Sequence <= journal)
        {
            Sequence = journal + 1;
            _copy.TryWrite(State.Record, State.Record, Sequence);
        }
    }

    // A daemon that died, or a write that failed, has left events in the copy alone. False when that cannot be known now, for lack of descriptors say.
    private bool TryTakeWhatIsAhead()
    {
        if (State.Record.Deleting || State.Record.Deleted)
        {
            return true;
        }

        if (_copy.TryRead() is not { } copy)
        {
            return !_copy.LacksMeans;
        }

        // The journal may have been replaced by an empty one.
        if (State.Record.Exists && copy.Sequence <= Sequence)
        {
            return true;
        }

        State = State with { Record = copy.Record };
        if (IsJournaled)
        {
            AppendLater(Restatement.Of(copy.Record));
        }
        else
        {
            Sequence = copy.Sequence;
        }

        _copy.TryWrite(State.Record, State.Record, Sequence);
        return true;
    }

    private void ApplyAll(ImmutableArray<IMessage> events)
    {
        foreach (var e in events)
        {
            Apply(e);
        }
    }

    private void Apply(IMessage e) => State = State with { Record = State.Record.Apply(e) };
}

using System.Collections.Immutable;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes;

// The writes, to the journal and to the copy in the run directory.
internal abstract partial class SandboxJournal
{
    // The copy of a record that may lack a part of the journal is ahead of nothing.
    private long CopiedSequence => _life == SandboxLife.Unread ? 0 : Sequence;

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
            Sequence += events.Length;
            _copy.Write(State.Record, before, CopiedSequence);
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
                _copy.Write(State.Record, before, CopiedSequence);
            }
        });
    }

    // A daemon that died, or a write that failed, has left events in the copy alone.
    private void TakeWhatIsAhead()
    {
        if (!State.Record.Exists || State.Record.Deleting || _copy.TryRead() is not { } copy || copy.Sequence <= Sequence)
        {
            return;
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

        _copy.Write(State.Record, State.Record, CopiedSequence);
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

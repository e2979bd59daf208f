using System.Collections.Immutable;
using Google.Protobuf;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>A decision that is being made: it collects what a <see cref="Step"/> says, and is gone after it.</summary>
internal sealed class Turn(SandboxState state, SandboxContext context)
{
    private readonly ImmutableArray<IMessage>.Builder _events = ImmutableArray.CreateBuilder<IMessage>();
    private readonly ImmutableArray<Effect>.Builder _effects = ImmutableArray.CreateBuilder<Effect>();
    private readonly ImmutableArray<(RequesterId, object)>.Builder _replies = ImmutableArray.CreateBuilder<(RequesterId, object)>();
    private readonly ImmutableArray<Remark>.Builder _remarks = ImmutableArray.CreateBuilder<Remark>();
    private SandboxState _state = state;
    private bool _changed;

    /// <summary>The record after the events so far.</summary>
    public SandboxRecord Record => _state.Record;

    /// <summary>The operations that run.</summary>
    public IEnumerable<Operation> Operations => _state.Operations.Values;

    /// <inheritdoc cref="SandboxContext.Deadlines"/>
    public SandboxDeadlines Deadlines => context.Deadlines;

    /// <inheritdoc cref="SandboxContext.Now"/>
    public DateTimeOffset Now => context.Now;

    /// <inheritdoc cref="SandboxContext.Outside"/>
    public Outside Outside => context.Outside;

    /// <summary>An event is to be persisted.</summary>
    public void Persist(IMessage e)
    {
        _events.Add(e);
        _state = _state with { Record = Record.Apply(e) };
        _changed = true;
    }

    /// <summary>An effect is to be carried out.</summary>
    public void Do(Effect effect) => _effects.Add(effect);

    /// <summary>A requester is to be answered.</summary>
    public void Reply(RequesterId to, object reply) => _replies.Add((to, reply));

    /// <summary>A warning for the log.</summary>
    public void Warn(string text) => _remarks.Add(new Remark(false, text));

    /// <summary>An error for the log.</summary>
    public void Complain(string text) => _remarks.Add(new Remark(true, text));

    /// <summary>An operation begins.</summary>
    public void Begin(Func<OperationId, Operation> make)
    {
        var operation = make(new OperationId(_state.Begun + 1));
        _state = _state with { Begun = _state.Begun + 1 };
        Keep(operation.Id, operation.Begin(this));
    }

    /// <summary>An operation gets an input; one that has ended gets none.</summary>
    public void Advance(OperationId id, Input input)
    {
        if (_state.Operations.TryGetValue(id.Number, out var operation))
        {
            Keep(id, operation.On(input, this));
        }
    }

    /// <summary>An operation ends, and says nothing more.</summary>
    public void Cancel(OperationId id) => Keep(id, null);

    /// <summary>What was decided. Every operation has heard of what the others have changed.</summary>
    public Step ToStep()
    {
        while (_changed)
        {
            _changed = false;
            foreach (var id in _state.Operations.Keys)
            {
                Advance(new OperationId(id), new Changed());
            }
        }

        return new Step(_state, _events.ToImmutable(), _effects.ToImmutable(), _replies.ToImmutable(), _remarks.ToImmutable());
    }

    private void Keep(OperationId id, Operation? operation) => _state = _state with
    {
        Operations = operation is null ? _state.Operations.Remove(id.Number) : _state.Operations.SetItem(id.Number, operation),
    };
}

using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>A decision that is being made: it collects what a <see cref="Step"/> says, and is gone after it.</summary>
internal sealed class Turn(SandboxState state, SandboxContext context)
{
    private readonly ImmutableArray<IMessage>.Builder _events = ImmutableArray.CreateBuilder<IMessage>();
    private readonly ImmutableArray<IMessage>.Builder _lateEvents = ImmutableArray.CreateBuilder<IMessage>();
    private readonly ImmutableArray<Effect>.Builder _effects = ImmutableArray.CreateBuilder<Effect>();
    private readonly ImmutableArray<(RequesterId, object)>.Builder _replies = ImmutableArray.CreateBuilder<(RequesterId, object)>();
    private readonly ImmutableArray<Remark>.Builder _remarks = ImmutableArray.CreateBuilder<Remark>();
    private readonly Queue<Input> _signals = new();
    private SandboxState _state = state;
    private int _heard;

    /// <summary>The record after the events so far.</summary>
    public SandboxRecord Record => _state.Record;

    /// <summary>The operations that run.</summary>
    public IEnumerable<Operation> Operations => _state.Operations.Values;

    /// <summary>Why the VM has ended.</summary>
    public string WhyVmEnded => Record.Reason.Length > 0 ? Record.Reason : "its sandbox is being deleted";

    /// <summary>Whether the removal of the whole sandbox is at work.</summary>
    public bool IsBeingRemoved => Operations.Any(operation => operation is RemoveSandbox { IsUnderWay: true });

    /// <inheritdoc cref="SandboxState.Seen"/>
    public Observed Seen => _state.Seen;

    /// <inheritdoc cref="SandboxContext.Registration"/>
    public SandboxRegistration Registration => context.Registration;

    /// <inheritdoc cref="SandboxContext.Settings"/>
    public SandboxSettings Settings => context.Settings;

    /// <inheritdoc cref="SandboxSettings.Deadlines"/>
    public SandboxDeadlines Deadlines => context.Settings.Deadlines;

    /// <inheritdoc cref="SandboxContext.Now"/>
    public DateTimeOffset Now => context.Now;

    /// <inheritdoc cref="SandboxContext.Outside"/>
    public Outside Outside { get; private set; } = context.Outside;

    /// <summary>An event is to be persisted.</summary>
    public void Persist(IMessage e)
    {
        _events.Add(e);
        _state = _state with { Record = Record.Apply(e) };
    }

    /// <summary>An event is to be persisted; neither effects nor replies wait for it.</summary>
    public void PersistLater(IMessage e)
    {
        _lateEvents.Add(e);
        _state = _state with { Record = Record.Apply(e) };
    }

    /// <summary>Something was learned.</summary>
    public void Observe(Func<Observed, Observed> learn) => _state = _state with { Seen = learn(_state.Seen) };

    /// <summary>Every operation hears of it before the decision ends.</summary>
    public void Signal(Input signal) => _signals.Enqueue(signal);

    /// <inheritdoc cref="SandboxState.Rounds"/>
    public LimitRounds Rounds
    {
        get => _state.Rounds;
        set => _state = _state with { Rounds = value };
    }

    /// <summary>An effect is to be carried out.</summary>
    public void Do(Effect effect) => _effects.Add(effect);

    /// <summary>Every container that exists gets an actor; what is decided from now on may ask it, since its effects come later.</summary>
    public void AttendContainers()
    {
        Do(new Effect.AttendContainers());
        Outside = Outside with { Attended = [.. Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating).Select(container => container.Key.Id)] };
    }

    /// <summary>A requester is to be answered.</summary>
    public void Reply(RequesterId to, object reply) => _replies.Add((to, reply));

    /// <summary>A warning for the log.</summary>
    public void Warn(string text) => _remarks.Add(new Remark(false, text));

    /// <summary>An error for the log.</summary>
    public void Complain(string text) => _remarks.Add(new Remark(true, text));

    /// <summary>An operation begins.</summary>
    public OperationId Begin(Func<OperationId, Operation> make)
    {
        var operation = make(new OperationId(_state.Begun + 1));
        _state = _state with { Begun = _state.Begun + 1 };
        Keep(operation.Id, operation.Begin(this));
        return operation.Id;
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
        while (TakeSignal() is { } signal)
        {
            foreach (var id in _state.Operations.Keys)
            {
                Advance(new OperationId(id), signal);
            }
        }

        return new Step(_state, _events.ToImmutable(), _lateEvents.ToImmutable(), _effects.ToImmutable(), _replies.ToImmutable(), _remarks.ToImmutable());
    }

    // Null: there is no more news.
    private Input? TakeSignal()
    {
        if (_heard < _events.Count)
        {
            var news = _events.Skip(_heard).ToArray();
            _heard = _events.Count;
            Observe(seen => seen.Within(Record));
            LimitRounds.OnEvents(news, this);
            return new Changed();
        }

        LimitRounds.BeginWanted(this);
        return _signals.TryDequeue(out var signal) ? signal : null;
    }

    private void Keep(OperationId id, Operation? operation) => _state = _state with
    {
        Operations = operation is null ? _state.Operations.Remove(id.Number) : _state.Operations.SetItem(id.Number, operation),
    };
}

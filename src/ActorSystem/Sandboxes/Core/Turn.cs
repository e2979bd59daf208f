using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The collector of one decision: it gathers the parts of a <see cref="Step"/>, and gives read access to the state.</summary>
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

    /// <summary>The running operations.</summary>
    public IEnumerable<Operation> Operations => _state.Operations.Values;

    /// <summary>The cause of the VM's end.</summary>
    public string WhyVmEnded => Record.Reason.Length > 0 ? Record.Reason : "its sandbox is being deleted";

    /// <summary>Whether an attempt to remove the whole sandbox is under way.</summary>
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

    /// <summary>Persists an event before the effects and replies.</summary>
    public void Persist(IMessage e)
    {
        _events.Add(e);
        _state = _state with { Record = Record.Apply(e) };
    }

    /// <summary>Persists an event; effects and replies do not wait for it.</summary>
    public void PersistLater(IMessage e)
    {
        _lateEvents.Add(e);
        _state = _state with { Record = Record.Apply(e) };
    }

    /// <summary>Changes the observations.</summary>
    public void Observe(Func<Observed, Observed> learn) => _state = _state with { Seen = learn(_state.Seen) };

    /// <summary>Passes an input to every operation before the decision ends.</summary>
    public void Signal(Input signal) => _signals.Enqueue(signal);

    /// <inheritdoc cref="SandboxState.Rounds"/>
    public LimitRounds Rounds
    {
        get => _state.Rounds;
        set => _state = _state with { Rounds = value };
    }

    /// <summary>Adds an effect.</summary>
    public void Do(Effect effect) => _effects.Add(effect);

    /// <summary>Gives every container that exists an actor. Later decisions of this turn may ask it, since their effects come later.</summary>
    public void AttendContainers()
    {
        Do(new Effect.AttendContainers());
        Outside = Outside with { Attended = [.. Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating).Select(container => container.Key.Id)] };
    }

    /// <summary>Adds a reply to a requester.</summary>
    public void Reply(RequesterId to, object reply) => _replies.Add((to, reply));

    /// <summary>Adds a warning to the log.</summary>
    public void Warn(string text) => _remarks.Add(new Remark(false, text));

    /// <summary>Adds an error to the log.</summary>
    public void Complain(string text) => _remarks.Add(new Remark(true, text));

    /// <summary>Begins an operation.</summary>
    public OperationId Begin(Func<OperationId, Operation> make)
    {
        var operation = make(new OperationId(_state.Begun + 1));
        _state = _state with { Begun = _state.Begun + 1 };
        Keep(operation.Id, operation.Begin(this));
        return operation.Id;
    }

    /// <summary>Passes an input to an operation; ignored when it has ended.</summary>
    public void Advance(OperationId id, Input input)
    {
        if (_state.Operations.TryGetValue(id.Number, out var operation))
        {
            Keep(id, operation.On(input, this));
        }
    }

    /// <summary>Ends an operation without a reply.</summary>
    public void Cancel(OperationId id) => Keep(id, null);

    /// <summary>The step, after every operation has got the news of the others.</summary>
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

    // The next input for all operations; null when there is no more news.
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

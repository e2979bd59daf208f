using System.Collections.Immutable;
using KataActors.Model.Journal;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// The removal of a container or of the whole sandbox: a ladder of stages. Every stage is tried, and its problems are collected; a missed deadline
/// leads to the next, harsher stage. Every stage can be repeated without harm.
/// </summary>
internal abstract record Removal(OperationId Id, Remove Command) : Operation(Id)
{
    private const int RepeatsAllowed = 5;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    /// <summary>The requesters, and their replies on success.</summary>
    public ImmutableArray<WaitingRequester> Waiting { get; init; } = Command.Waiting is { } waiting ? [waiting] : [];

    /// <summary>The problems so far, a sentence each.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>The effects that the stage waits for.</summary>
    public ImmutableHashSet<EffectId> Pending { get; init; } = [];

    /// <summary>Whether an attempt is under way, not the pause after a failed one.</summary>
    public bool IsUnderWay => Rung < Ladder.Length;

    /// <summary>The stages in order.</summary>
    protected abstract ImmutableArray<RemovalStage> Ladder { get; }

    /// <summary>The index of the stage on the ladder; past its end in the pause after a failed attempt.</summary>
    protected int Rung { get; init; }

    /// <summary>The deadline of the stage, or the end of the pause.</summary>
    protected EffectId Timer { get; init; }

    private int Repeats { get; init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>Whether <paramref name="other"/> asks for the same removal.</summary>
    public bool IsOf(Remove other) => other.IsWhole == Command.IsWhole && (other.IsWhole || other.Container == Command.Container);

    /// <summary>The containers that are removed.</summary>
    public virtual IEnumerable<ContainerRecord> Concerned(SandboxRecord record) => record.Containers.TryGetValue(Command.Container, out var container) ? [container] : [];

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        RecordIntent(turn);
        return Enter(0, turn);
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Remove more:
                var joined = this with { Waiting = more.Waiting is { } waiting ? Waiting.Add(waiting) : Waiting };
                return IsUnderWay ? joined : joined.Begin(turn);
            case Changed when IsUnderWay:
                return Settle(turn);
            case Overdue { Id: var id } when id == Timer && !IsUnderWay:
                return Begin(turn);
            case Overdue { Id: var id } when id == Timer:
                turn.Warn($"removing {Command.Container}: {Ladder[Rung].Name} did not end in time; going on");
                return Enter(Rung + 1, turn);
            case Overdue { Id: var id } when Pending.Contains(id):
                return Answered(id, $"{Ladder[Rung].Name} did not end in time").Settle(turn);
            case Done { Reply: ResourceLost lost } done when Pending.Contains(done.Id) && Repeats < RepeatsAllowed:
                turn.Warn($"the {lost.Actor} actor failed during a removal; the stage is repeated");
                return (this with { Repeats = Repeats + 1 }).Enter(Rung, turn);
            case Done { Reply: ResourceLost lost } done when Pending.Contains(done.Id):
                return Answered(done.Id, $"the {lost.Actor} actor failed again and again").Settle(turn);
            case Done done when Pending.Contains(done.Id):
                return Answered(done.Id, Ladder[Rung].Take(done.Reply, this, turn)).Settle(turn);
            default:
                return this;
        }
    }

    /// <summary>Reports success: the sandbox's removal has covered this one.</summary>
    public override void Abandon(Turn turn, string why) => Answer(turn, reply => reply);

    /// <summary>Sends a command to a resource actor; the stage waits for the reply.</summary>
    public Removal Ask(Turn turn, ResourceKind resource, object command) => Await(turn, id => new AwaitedEffect.Ask(id, resource, command, Backstop));

    /// <summary>Sends a command to the actor of a container; the stage waits for the reply.</summary>
    public Removal AskContainer(Turn turn, string container, object command) =>
        Await(turn, id => new AwaitedEffect.AskContainer(id, container, command, Backstop));

    /// <summary>Ends all VMs of these uuids; the stage waits for it.</summary>
    public Removal EndVms(Turn turn, ImmutableArray<Guid> uuids) => Await(turn, id => new AwaitedEffect.EndVms(id, uuids, Backstop));

    /// <summary>Removes the pool cgroup of a VM; the stage waits for it.</summary>
    public Removal RemovePoolGroup(Turn turn, Guid vm) => Await(turn, id => new AwaitedEffect.RemovePoolGroup(id, vm, Backstop));

    /// <summary>Sets the deadline of the stage.</summary>
    public Removal Limit(Turn turn, TimeSpan deadline)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Pause(id, deadline));
        return this with { Serial = Serial + 1, Timer = id };
    }

    /// <summary>Persists the intent, unless it is on record.</summary>
    protected virtual void RecordIntent(Turn turn)
    {
        if (Concerned(turn.Record).Any(container => !container.Deleting))
        {
            turn.Persist(new ContainerDeleteBegun { Id = Command.Container });
        }
    }

    /// <summary>Persists the end of the removal.</summary>
    protected abstract void RecordEnd(Turn turn);

    /// <summary>After a failed attempt, when its requesters are answered. Returns the next state; null to give up.</summary>
    protected abstract Removal? AfterFailure(Turn turn, string problems);

    /// <summary>The pause after a failed attempt, longer each time; then a new attempt begins.</summary>
    protected Removal Rest(Turn turn, string problems) => Limit(turn, Pauses.Next) with { Pauses = Pauses.AfterFailure(problems) };

    private Removal Await(Turn turn, Func<EffectId, AwaitedEffect> make)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(make(id));
        return this with { Serial = Serial + 1, Pending = Pending.Add(id) };
    }

    private Removal Answered(EffectId id, string? problem) => this with
    {
        Pending = Pending.Remove(id),
        Problems = problem is null ? Problems : Problems.Add(problem),
    };

    private Removal? Settle(Turn turn) => Ladder[Rung].IsDone(this, turn) ? (this with { Repeats = 0 }).Enter(Rung + 1, turn) : this;

    private Removal? Enter(int rung, Turn turn)
    {
        var fresh = this with { Rung = rung, Pending = [], Timer = default };
        return rung < Ladder.Length ? Ladder[rung].Begin(fresh, turn).Settle(turn) : fresh.Conclude(turn);
    }

    private Removal? Conclude(Turn turn)
    {
        if (Problems.IsEmpty)
        {
            RecordEnd(turn);
            Answer(turn, reply => reply);
            return null;
        }

        var problems = string.Join("; ", Problems);
        if (problems != Pauses.Cause)
        {
            turn.Complain($"container {Command.Container} could not be removed completely: {problems}");
        }

        Answer(turn, reply => reply is SandboxCommands.Deleted ? new Failure(FailureCode.Internal, $"cannot delete container \"{Command.Container}\": {problems}") : reply);
        return (this with { Waiting = [], Problems = [] }).AfterFailure(turn, problems);
    }

    private void Answer(Turn turn, Func<object, object> reply)
    {
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting.Id, reply(waiting.Reply));
        }
    }
}

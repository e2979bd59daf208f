using System.Collections.Immutable;
using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Removing a container, or the whole sandbox: a ladder of stages. Every stage is tried, and what fails is collected; a stage whose deadline passes is
/// followed by the next one, which is harsher. What is done twice does no harm.
/// </summary>
internal abstract record Removal(OperationId Id, Remove Command) : Operation(Id)
{
    private const int RepeatsAllowed = 5;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    /// <summary>Who waits, and for which reply when all goes well.</summary>
    public ImmutableArray<WaitingRequester> Waiting { get; init; } = Command.Waiting is { } waiting ? [waiting] : [];

    /// <summary>What went wrong so far, a sentence each.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>The effects whose replies the stage waits for.</summary>
    public ImmutableHashSet<EffectId> Pending { get; init; } = [];

    /// <summary>Whether it is at work, and not in the pause after an attempt that failed.</summary>
    public bool IsUnderWay => Rung < Ladder.Length;

    /// <summary>The stages in their order.</summary>
    protected abstract ImmutableArray<RemovalStage> Ladder { get; }

    /// <summary>The place of the stage on the ladder; past its end in the pause after an attempt that failed.</summary>
    protected int Rung { get; init; }

    /// <summary>The deadline of the stage, or the end of the pause.</summary>
    protected EffectId Timer { get; init; }

    private int Repeats { get; init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>Whether the requester of <paramref name="other"/> wants the same.</summary>
    public bool IsOf(Remove other) => other.IsWhole == Command.IsWhole && (other.IsWhole || other.Container == Command.Container);

    /// <summary>The containers that it is about.</summary>
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

    /// <summary>What it was to remove is gone with the sandbox.</summary>
    public override void Abandon(Turn turn, string why) => Answer(turn, reply => reply);

    /// <summary>A command to a resource actor, whose reply the stage waits for.</summary>
    public Removal Ask(Turn turn, ResourceKind resource, object command) => Await(turn, id => new AwaitedEffect.Ask(id, resource, command, Backstop));

    /// <summary>A command to the actor of a container, whose reply the stage waits for.</summary>
    public Removal AskContainer(Turn turn, string container, object command) =>
        Await(turn, id => new AwaitedEffect.AskContainer(id, container, command, Backstop));

    /// <summary>The end of all VMs of these uuids, for which the stage waits.</summary>
    public Removal EndVms(Turn turn, ImmutableArray<Guid> uuids) => Await(turn, id => new AwaitedEffect.EndVms(id, uuids, Backstop));

    /// <summary>The end of the cgroup of a VM of the pool, for which the stage waits.</summary>
    public Removal RemovePoolGroup(Turn turn, Guid vm) => Await(turn, id => new AwaitedEffect.RemovePoolGroup(id, vm, Backstop));

    /// <summary>The deadline of the stage.</summary>
    public Removal Limit(Turn turn, TimeSpan deadline)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(new AwaitedEffect.Pause(id, deadline));
        return this with { Serial = Serial + 1, Timer = id };
    }

    /// <summary>Persists that the removal is certain, unless the record says so.</summary>
    protected virtual void RecordIntent(Turn turn)
    {
        if (Concerned(turn.Record).Any(container => !container.Deleting))
        {
            turn.Persist(new ContainerDeleteBegun { Id = Command.Container });
        }
    }

    /// <summary>Nothing is left: persists it.</summary>
    protected abstract void RecordEnd(Turn turn);

    /// <summary>An attempt has failed, and its requesters know. Returns the removal as it goes on; null when it is given up.</summary>
    protected abstract Removal? AfterFailure(Turn turn, string problems);

    /// <summary>The pause after an attempt that failed, longer each time; then it begins again.</summary>
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

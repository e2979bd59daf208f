using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Removes an added process from the guest, in any state, and then from the record. It is repeated until the agent has done it, or the container or
/// the VM is gone. A process whose stand-in lives stays on record: a caller that repeats its request must not run it again.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="Process">The process.</param>
internal sealed record RemoveExec(OperationId Id, string Container, string Process) : Operation(Id)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private EffectId Current { get; init; }

    /// <summary>Whether the stand-in has ended.</summary>
    public bool HasLeft { get; init; }

    private bool IsResting { get; init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>Whether it removes this process.</summary>
    public bool IsOf(string container, string process) => container == Container && process == Process;

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (turn.Record.VmEnded)
        {
            return End(turn);
        }

        var request = new RemoveProcessRequest { ContainerId = GuestPaths.IdOf(turn.Record.Key with { Id = Container }), ExecId = Process };
        return Await(turn, id => new AwaitedEffect.Ask(
            id, ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall), turn.Deadlines.AgentCall + Backstop)) with { IsResting = false };
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        ExecLeft => this with { HasLeft = true },
        AgentReturned when IsResting => Begin(turn),
        Changed when Execs.Find(Container, Process, turn) is null => null,
        Changed when turn.Record.VmEnded => End(turn),
        Done { Reply: AgentProtocol.Invoked } done when done.Id == Current => End(turn),
        Done { Reply: AgentProtocol.InvokeFailed { Failure.Code: FailureCode.NotFound } } done when done.Id == Current => End(turn),
        Done { Reply: AgentProtocol.InvokeFailed failed } done when done.Id == Current => Rest(turn, failed.Failure.Message),
        Done done when done.Id == Current => Rest(turn, "the agent's actor failed meanwhile"),
        Overdue { Id: var id } when id == Current => IsResting ? Begin(turn) : Rest(turn, "the agent did not answer in time"),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // It has no requester.
    }

    private Operation? End(Turn turn)
    {
        if (HasLeft)
        {
            turn.Persist(new ExecRemoved { Container = Container, Id = Process });
        }

        return null;
    }

    private RemoveExec Rest(Turn turn, string problem)
    {
        if (problem != Pauses.Cause)
        {
            turn.Warn($"a process of container {Container} cannot be removed, and is tried again: {problem}");
        }

        return Await(turn, id => new AwaitedEffect.Pause(id, Pauses.Next)) with { IsResting = true, Pauses = Pauses.AfterFailure(problem) };
    }

    private RemoveExec Await(Turn turn, Func<EffectId, AwaitedEffect> make)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(make(id));
        return this with { Serial = Serial + 1, Current = id };
    }
}

using System.Collections.Immutable;
using KataActors.Model.Journal;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Adds a process to a running container. The agent runs it once, however often it is asked, so an interrupted start is resumed by asking again. A
/// process that could not be run is removed from the guest, and stays on record as long as its stand-in lives.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="Added">The process.</param>
/// <param name="Waiting">The requesters, and their replies on success.</param>
internal sealed record ExecProcess(OperationId Id, string Container, ExecRecord Added, ImmutableArray<WaitingRequester> Waiting) : Operation(Id)
{
    /// <summary>Whether it runs this process.</summary>
    public bool IsOf(string container, string process) => container == Container && process == Added.Id;

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (Execs.Find(Container, Added.Id, turn) is null)
        {
            turn.Persist(new ExecBegun
            {
                Container = Container,
                Id = Added.Id,
                StandIn = new ProcessRecord { Pid = Added.StandIn.Pid, StartTime = Added.StandIn.StartTime },
                Process = Added.Process,
            });
        }

        var request = GuestSpec.ExecRequest(Added, GuestPaths.IdOf(turn.Record.Key with { Id = Container }));
        turn.Do(new AwaitedEffect.Ask(
            new EffectId(Id, 0), ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall), turn.Deadlines.AgentCall + Backstop));
        return this;
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Exec exec when IsOf(exec.Container, exec.Added.Id) => this with { Waiting = Waiting.Add(exec.Waiting) },
        Changed when turn.Record.VmEnded => Fail(turn, Refused(FailureCode.Unavailable, turn.WhyVmEnded)),
        Changed when Execs.Find(Container, Added.Id, turn) is null => Fail(turn, Refused(FailureCode.NotFound, "it was deleted")),
        Done { Reply: AgentProtocol.Invoked } => Started(turn),
        // In runc's words, which callers look for.
        Done { Reply: AgentProtocol.InvokeFailed failed } => Fail(turn, failed.Failure),
        Done { Reply: ResourceLost lost } => Fail(turn, Refused(FailureCode.Internal, $"the {lost.Actor} actor failed meanwhile")),
        Overdue => Fail(turn, Refused(FailureCode.DeadlineExceeded, "the agent did not answer in time")),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => Reply(turn, Refused(FailureCode.Unavailable, why));

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot exec in container \"{Container}\": {why}");

    private Operation? Started(Turn turn)
    {
        turn.Persist(new ExecStarted { Container = Container, Id = Added.Id });
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting.Id, waiting.Reply);
        }

        return null;
    }

    private Operation? Fail(Turn turn, Failure failure)
    {
        Execs.GiveUp(Container, Added.Id, failure.Message, turn);
        Reply(turn, failure);
        return null;
    }

    private void Reply(Turn turn, object reply)
    {
        foreach (var waiting in Waiting)
        {
            turn.Reply(waiting.Id, reply);
        }
    }
}

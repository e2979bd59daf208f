using KataActors.Model.Journal;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Runs the process of a created container. A process that ends at once may be reported before its start; the start is recorded first then. Callers
/// delete the container right after a failed start, some only after the end of the stand-in: the failure is reported after that end, or 2 seconds
/// later.
/// </summary>
internal sealed record StartContainer(OperationId Id, Start Command) : Operation(Id)
{
    private static readonly TimeSpan s_standInDeadline = TimeSpan.FromSeconds(2);

    /// <summary>The container.</summary>
    public string Container => Command.Container;

    /// <summary>The reply of a failed start; null before.</summary>
    public Failure? Failure { get; private init; }

    private EffectId Current { get; init; }

    private ProcessEnded? EarlyEnd { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        turn.Do(new AwaitedEffect.AskContainer(new EffectId(Id, Serial), Container, new ContainerProtocol.Start(), turn.Deadlines.AgentCall + Backstop));
        return this with { Current = new EffectId(Id, Serial), Serial = Serial + 1 };
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Changed when turn.Record.VmEnded => End(turn, Refused(FailureCode.Unavailable, turn.WhyVmEnded)),
        Changed when Failure is { } failure && turn.Outside.StandInsGone.Contains(Container) => End(turn, failure),
        ProcessEnded ended => this with { EarlyEnd = ended },
        Done { Reply: ContainerProtocol.ProcessStarted } done when done.Id == Current => Started(turn),
        Done { Reply: ContainerProtocol.StartFailed failed } done when done.Id == Current =>
            AwaitStandIn(turn, Refused(failed.Failure.Code, failed.Failure.Message)),
        Done { Reply: ResourceLost lost } done when done.Id == Current => End(turn, Refused(FailureCode.Internal, $"the {lost.Actor} actor failed meanwhile")),
        Overdue { Id: var id } when id == Current => End(turn, Failure ?? Refused(FailureCode.DeadlineExceeded, "there was no answer in time")),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => turn.Reply(Command.Waiting.Id, Refused(FailureCode.Unavailable, why));

    /// <summary>Whether it records the end of the process itself, after the start.</summary>
    public bool Takes(ProcessEnded ended, SandboxRecord record) =>
        ended.Container == Container && Failure is null && record.Containers.GetValueOrDefault(Container) is { Status: ContainerStatus.Created };

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot start container \"{Container}\": {why}");

    private Operation? Started(Turn turn)
    {
        turn.Persist(new ContainerStarted { Id = Container });
        return End(turn, Command.Waiting.Reply);
    }

    private Operation? AwaitStandIn(Turn turn, Failure failure)
    {
        EarlyEnd?.Record(turn);
        if (turn.Outside.StandInsGone.Contains(Container))
        {
            turn.Reply(Command.Waiting.Id, failure);
            return null;
        }

        turn.Do(new AwaitedEffect.Pause(new EffectId(Id, Serial), s_standInDeadline));
        return this with { Failure = failure, EarlyEnd = null, Current = new EffectId(Id, Serial), Serial = Serial + 1 };
    }

    private Operation? End(Turn turn, object reply)
    {
        EarlyEnd?.Record(turn);
        turn.Reply(Command.Waiting.Id, reply);
        return null;
    }
}

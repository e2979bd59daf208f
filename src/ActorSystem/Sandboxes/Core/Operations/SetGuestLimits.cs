using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// A call that changes the limits of one container in the guest. The calls of one container run one after the other, since two at once could be
/// carried out in any order. It ends with a <see cref="GuestLimitsSet"/>, which its owner gets first: the events of the owner count for all others.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Owner">The operation that has begun this one.</param>
/// <param name="Container">The container.</param>
/// <param name="Request">The call.</param>
/// <param name="Limit">The CPU quota in the guest after the call; null for none.</param>
internal sealed record SetGuestLimits(OperationId Id, OperationId Owner, string Container, UpdateContainerRequest Request, CpuLimit? Limit) : Operation(Id)
{
    private bool IsAsked { get; init; }

    /// <summary>Whether the limits of a container in the guest are changing.</summary>
    public static bool IsUnderWay(string container, Turn turn) => turn.Operations.OfType<SetGuestLimits>().Any(call => call.Container == container);

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (turn.Operations.OfType<SetGuestLimits>().Any(call => call.Container == Container && call.Id.Number < Id.Number))
        {
            return this;
        }

        turn.Observe(seen => seen with { Quotas = seen.Quotas.Forget(Container) });
        turn.Do(new AwaitedEffect.Ask(
            new EffectId(Id, 0), ResourceKind.Agent, new AgentProtocol.Invoke(null, Request, turn.Deadlines.AgentCall), turn.Deadlines.AgentCall + Backstop));
        return this with { IsAsked = true };
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        GuestLimitsSet set when set.Container == Container && !IsAsked => Begin(turn),
        Done { Reply: AgentProtocol.Invoked } => End(turn, null),
        Done { Reply: AgentProtocol.InvokeFailed failed } => End(turn, failed.Failure),
        Done { Reply: ResourceLost } => End(turn, new Failure(FailureCode.Unavailable, "the agent's actor failed meanwhile")),
        Overdue => End(turn, new Failure(FailureCode.DeadlineExceeded, "the agent did not answer in time")),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // Its owner is abandoned too.
    }

    private Operation? End(Turn turn, Failure? failure)
    {
        if (failure is null)
        {
            turn.Observe(seen => seen with { Quotas = seen.Quotas.Know(Container, Limit) });
        }

        var set = new GuestLimitsSet(Id, Container, failure);
        turn.Advance(Owner, set);
        turn.Signal(set);
        return null;
    }
}

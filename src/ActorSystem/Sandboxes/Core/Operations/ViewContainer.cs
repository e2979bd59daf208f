using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>Answers what a container is doing: from the record and, if asked for, from the guest. After the VM's end the guest's part is missing.</summary>
/// <param name="Id">The operation's id.</param>
/// <param name="View">The query, with its requester.</param>
internal sealed record ViewContainer(OperationId Id, View View) : Operation(Id)
{
    // The guest may take 3 s for its processes.
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    private string Container => View.Query.Key.Id;

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (!turn.Record.Containers.TryGetValue(Container, out var container))
        {
            return End(turn, Failure.NoSuchContainer(Container));
        }

        if (turn.Record.VmEnded || container.Status == ContainerStatus.Creating || Request(GuestPaths.IdOf(container.Key)) is not { } request)
        {
            return End(turn, Answer(container, null));
        }

        turn.Do(new AwaitedEffect.Ask(new EffectId(Id, 0), ResourceKind.Agent, new AgentProtocol.Invoke(null, request, s_deadline), s_deadline * 2));
        return this;
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        EffectEnded or Changed when turn.Record.Containers.GetValueOrDefault(Container) is not { } => End(turn, Failure.NoSuchContainer(Container)),
        Changed when turn.Record.VmEnded => End(turn, Answer(turn.Record.Containers[Container], null)),
        Done { Reply: AgentProtocol.Invoked invoked } => End(turn, Answer(turn.Record.Containers[Container], invoked.Response)),
        Done { Reply: AgentProtocol.InvokeFailed failed } => End(turn, Refused(failed.Failure)),
        Done => End(turn, Refused(new Failure(FailureCode.Unavailable, "the agent's actor failed meanwhile"))),
        Overdue => End(turn, Refused(new Failure(FailureCode.DeadlineExceeded, "the agent did not answer in time"))),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => turn.Reply(View.Waiting, Refused(new Failure(FailureCode.Unavailable, why)));

    private static ContainerView Answer(ContainerRecord container, IMessage? guest)
    {
        var execs = container.Execs.Values.Where(exec => exec is { IsStarted: true, Exit: null }).Select(exec => exec.StandIn.Pid);
        var isLive = container.Status is not (ContainerStatus.Creating or ContainerStatus.Stopped);
        ImmutableArray<int> standIns = isLive ? [container.StandIn.Pid, .. execs.Order()] : [];
        return new ContainerView(container.Status, standIns, guest);
    }

    private IMessage? Request(string guestId) => View.Query.Inside switch
    {
        Inside.Statistics => new StatsContainerRequest { ContainerId = guestId },
        Inside.Processes => new ListProcessesRequest { ContainerId = guestId },
        _ => null,
    };

    private Failure Refused(Failure failure) => failure with { Message = $"cannot examine container \"{Container}\": {failure.Message}" };

    private Operation? End(Turn turn, object reply)
    {
        turn.Reply(View.Waiting, reply);
        return null;
    }
}

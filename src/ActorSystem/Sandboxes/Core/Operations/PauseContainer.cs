using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Stops the processes of a container where they are, or lets them go on. Both can be repeated in the guest, so what a crash has interrupted is done
/// again. A pause that fails is undone; the end of a pause is tried until it succeeds, or the container has ended.
/// <code>
/// pausing ──done──▶ paused
///    └─failed──▶ resuming ──done──▶ as before
///                 ▲    └─failed──▶ resting
///                 └───────────────────┘
/// </code>
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="IsPaused">Whether the processes stand still at the end.</param>
/// <param name="Waiting">The requesters, and their replies on success.</param>
internal sealed record PauseContainer(OperationId Id, string Container, bool IsPaused, ImmutableArray<WaitingRequester> Waiting) : ContainerOperation(Id, Container, Waiting)
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    /// <summary>Whether it waits between two tries. The record has the intent, so that a successor goes on.</summary>
    public bool IsResting { get; private init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>Goes on with what a crash has interrupted.</summary>
    public static void Resume(Turn turn)
    {
        foreach (var (id, container) in turn.Record.Containers.Where(container => container.Value is { PauseIntent: not null, Deleting: false })
            .OrderBy(container => container.Key, StringComparer.Ordinal).ToArray())
        {
            if (!turn.Operations.OfType<PauseContainer>().Any(operation => operation.Container == id))
            {
                turn.Begin(operation => new PauseContainer(operation, id, container.PauseIntent is true, []));
            }
        }
    }

    /// <summary>
    /// Undoes the pauses that a crash has interrupted, because their requesters get an error now: nothing is to stand still later, when the agent answers.
    /// </summary>
    public static void GiveUp(Turn turn)
    {
        foreach (var id in turn.Record.Containers.Where(container => container.Value is { PauseIntent: true, Deleting: false })
            .Select(container => container.Key).Order(StringComparer.Ordinal).ToArray())
        {
            turn.Begin(operation => new PauseContainer(operation, id, IsPaused: false, []));
        }
    }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (turn.Record.Containers[Container].PauseIntent != IsPaused)
        {
            turn.Persist(IsPaused ? new ContainerPauseBegun { Id = Container } : new ContainerResumeBegun { Id = Container });
        }

        var guestId = GuestPaths.IdOf(turn.Record.Key with { Id = Container });
        IMessage request = IsPaused ? new PauseContainerRequest { ContainerId = guestId } : new ResumeContainerRequest { ContainerId = guestId };
        return Await(this, turn, id => new AwaitedEffect.Ask(
            id, ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall), turn.Deadlines.AgentCall + Backstop)) with { IsResting = false };
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        SetPaused set => Join(set, turn),
        AgentReturned when IsResting => Begin(turn),
        Changed when turn.Record.Containers.GetValueOrDefault(Container) is not { } container || container.Status == ContainerStatus.Stopped =>
            End(turn, Refused(FailureCode.FailedPrecondition, "container not running")),
        Changed when turn.Record.VmEnded => End(turn, Refused(FailureCode.Unavailable, turn.WhyVmEnded)),
        Done { Reply: AgentProtocol.Invoked } done when done.Id == Current => Done(turn),
        Done { Reply: AgentProtocol.InvokeFailed failed } done when done.Id == Current => Fail(turn, failed.Failure),
        Done { Reply: ResourceLost lost } done when done.Id == Current => Fail(turn, new Failure(FailureCode.Unavailable, $"the {lost.Actor} actor failed meanwhile")),
        Overdue { Id: var id } when id == Current => IsResting ? Begin(turn) : Fail(turn, new Failure(FailureCode.DeadlineExceeded, "the agent did not answer in time")),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => Reply(turn, Refused(FailureCode.Unavailable, why));

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot {(IsPaused ? "pause" : "resume")} container \"{Container}\": {why}");

    private Operation? Join(SetPaused set, Turn turn)
    {
        var joined = this with { Waiting = Waiting.Add(set.Waiting) };
        return IsResting ? joined.Begin(turn) : joined;
    }

    private Operation? Done(Turn turn)
    {
        turn.Persist(IsPaused ? new ContainerPaused { Id = Container } : new ContainerResumed { Id = Container });
        Succeed(turn);
        return null;
    }

    private Operation? Fail(Turn turn, Failure failure)
    {
        Reply(turn, Refused(failure.Code, failure.Message));
        if (IsPaused)
        {
            return (this with { IsPaused = false, Waiting = [] }).Begin(turn);
        }

        if (failure.Message != Pauses.Cause)
        {
            turn.Warn($"container {Container} is resumed later: {failure.Message}");
        }

        return Await(this, turn, id => new AwaitedEffect.Pause(id, Pauses.Next)) with { Waiting = [], IsResting = true, Pauses = Pauses.AfterFailure(failure.Message) };
    }

    private Operation? End(Turn turn, Failure failure)
    {
        Reply(turn, failure);
        return null;
    }
}

using System.Collections.Immutable;
using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Runs the process of a created container. A start without an answer may have happened: until the guest says whether, it is asked, by a call that
/// starts nothing. For a new requester it is asked to start the process, and answers with the outcome of the first call.
/// <code>
/// starting ──runs──▶ running
///   │ ▲     └─failed──▶ awaiting the end of the stand-in ──▶ not started
///   │ └──a requester───────────┐
///   └─no answer──▶ resting ──▶ asking ──▶ running, or not started
///                     ▲          │
///                     └─no answer┘
/// </code>
/// A process that ends at once may be reported before its start; the start is recorded first then. Callers delete the container right after a failed
/// start, some only after the end of the stand-in: the failure is reported after that end, or 2 seconds later.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Container">The container.</param>
/// <param name="Waiting">The requester, and its reply on success; empty while an earlier start is settled.</param>
internal sealed record StartContainer(OperationId Id, string Container, ImmutableArray<WaitingRequester> Waiting) : ContainerOperation(Id, Container, Waiting)
{
    private static readonly TimeSpan s_standInDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_firstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    /// <summary>Whether a requester waits for the end.</summary>
    public bool HasRequester => !Waiting.IsEmpty;

    /// <summary>Whether it waits between two calls. The record has the intent, so that a successor goes on.</summary>
    public bool IsResting { get; private init; }

    // The reply to the requester of a start that has failed, or has had no answer; null before.
    private Failure? Failure { get; init; }

    private bool HasFailed => Failure is not null && !IsResting;

    // Whether the call under way starts nothing.
    private bool IsQuestion { get; init; }

    private ProcessEnded? EarlyEnd { get; init; }

    private Pauses Pauses { get; init; } = new(s_firstPause, s_longestPause);

    /// <summary>Settles the starts that a crash has interrupted.</summary>
    public static void Resume(Turn turn)
    {
        foreach (var id in turn.Record.Containers.Where(container => container.Value is { StartIntent: true, Deleting: false })
            .Select(container => container.Key).Order(StringComparer.Ordinal).ToArray())
        {
            if (!turn.Operations.OfType<StartContainer>().Any(operation => operation.Container == id))
            {
                turn.Begin(operation => new StartContainer(operation, id, []));
            }
        }
    }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (!turn.Record.Containers[Container].StartIntent)
        {
            turn.Persist(new ContainerStartBegun { Id = Container });
        }

        var hooks = turn.Record.Containers[Container].Spec.Hooks?.StartLimit ?? TimeSpan.Zero;
        var deadline = turn.Deadlines.AgentCall + Backstop;
        var request = new StartContainerRequest { ContainerId = GuestPaths.IdOf(turn.Record.Key with { Id = Container }), IfBegun = true };
        return Await(this, turn, id => HasRequester
            ? new AwaitedEffect.AskContainer(id, Container, new ContainerProtocol.Start { HooksLimit = hooks }, hooks + deadline)
            : new AwaitedEffect.Ask(id, ResourceKind.Agent, new AgentProtocol.Invoke(null, request, turn.Deadlines.AgentCall), deadline))
            with { IsResting = false, IsQuestion = !HasRequester, Failure = null };
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Start start => Join(start, turn),
        AgentReturned when IsResting => Begin(turn),
        Changed when turn.Record.VmEnded => End(turn, Refused(FailureCode.Unavailable, turn.WhyVmEnded)),
        Changed when HasFailed => turn.Outside.StandInsGone.Contains(Container) ? End(turn, Failure!) : this,
        Changed when turn.Record.Containers.GetValueOrDefault(Container) is not { Status: ContainerStatus.Created } =>
            End(turn, Failure ?? Refused(FailureCode.FailedPrecondition, "it has ended")),
        ProcessEnded ended => this with { EarlyEnd = ended },
        Done { Reply: ContainerProtocol.ProcessStarted or AgentProtocol.Invoked } done when done.Id == Current => Started(turn),
        Done { Reply: ContainerProtocol.StartFailed failed } done when done.Id == Current => Fail(turn, failed.Failure),
        Done { Reply: AgentProtocol.InvokeFailed failed } done when done.Id == Current => Fail(turn, failed.Failure),
        Done { Reply: ResourceLost lost } done when done.Id == Current => Rest(turn, new Failure(FailureCode.Internal, $"the {lost.Actor} actor failed meanwhile")),
        Overdue { Id: var id } when id == Current => Late(turn),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => Reply(turn, Refused(FailureCode.Unavailable, why));

    /// <summary>Whether it records the end of the process itself, after the start.</summary>
    public bool Takes(ProcessEnded ended, SandboxRecord record) =>
        ended.Container == Container && Failure is null && record.Containers.GetValueOrDefault(Container) is { Status: ContainerStatus.Created };

    private Failure Refused(FailureCode code, string why) => new(code, $"cannot start container \"{Container}\": {why}");

    private Operation? Join(Start start, Turn turn)
    {
        var joined = this with { Waiting = Waiting.Add(start.Waiting) };
        return IsResting ? joined.Begin(turn) : joined;
    }

    private Operation? Started(Turn turn)
    {
        turn.Persist(new ContainerStarted { Id = Container });
        EarlyEnd?.Record(turn);
        Succeed(turn);
        return null;
    }

    private Operation? Fail(Turn turn, Failure failure)
    {
        if (failure.Code is FailureCode.Unavailable or FailureCode.DeadlineExceeded or FailureCode.Cancelled)
        {
            return Rest(turn, failure);
        }

        if (IsQuestion && HasRequester)
        {
            return Begin(turn);
        }

        turn.Persist(new ContainerStartFailed { Id = Container, Reason = failure.Message });
        EarlyEnd?.Record(turn);
        var refused = Refused(failure.Code, failure.Message);
        return !HasRequester || turn.Outside.StandInsGone.Contains(Container)
            ? End(turn, refused)
            : Await(this, turn, id => new AwaitedEffect.Pause(id, s_standInDeadline)) with { Failure = refused, EarlyEnd = null };
    }

    // Its requester is answered when no answer comes meanwhile.
    private StartContainer Rest(Turn turn, Failure failure)
    {
        if (!HasRequester && failure.Message != Pauses.Cause)
        {
            turn.Warn($"whether container {Container} was started is asked again: {failure.Message}");
        }

        EarlyEnd?.Record(turn);
        return Await(this, turn, id => new AwaitedEffect.Pause(id, Pauses.Next)) with
        {
            IsResting = true,
            EarlyEnd = null,
            Failure = Refused(failure.Code, failure.Message),
            Pauses = Pauses.AfterFailure(failure.Message),
        };
    }

    private Operation? Late(Turn turn)
    {
        if (HasFailed)
        {
            return End(turn, Failure!);
        }

        if (!IsResting)
        {
            return Rest(turn, new Failure(FailureCode.DeadlineExceeded, "there was no answer in time"));
        }

        Reply(turn, Failure!);
        return (this with { Waiting = [] }).Begin(turn);
    }

    private Operation? End(Turn turn, Failure failure)
    {
        EarlyEnd?.Record(turn);
        Reply(turn, failure);
        return null;
    }
}

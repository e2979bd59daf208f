using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Model.Journal;
using KataActors.Network;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// Gives the VM the interfaces of its network namespace. They are found, and connected with tap interfaces, while the VM of a new sandbox boots; they are
/// plugged, and the guest is told of them, when the agent answers, after which no other VM takes the place of this one.
/// <code>
/// Scanning ─┬─ interfaces ─▶ Connecting ─▶ Waiting ─ the agent answers ─▶ Plugging ─▶ Telling ─▶ done
///           └─ none ─▶ done
/// </code>
/// The removal of the sandbox takes back what a failure leaves. A start does not wait for an agent that cannot be reached.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Request">The request: of the creation, which has the namespace, or of the start.</param>
/// <param name="StandIn">The process in the namespace, for a start; null for a creation.</param>
internal sealed record ConnectNetwork(OperationId Id, RequesterId Request, ProcessIdentity? StandIn = null) : Operation(Id)
{
    private enum Stage
    {
        Scanning,
        Connecting,
        Waiting,
        Plugging,
        Telling,
    }

    private Stage At { get; init; }

    private NetworkView? View { get; init; }

    private ImmutableArray<HypervisorProtocol.TapInterface> Interfaces { get; init; } = [];

    // The calls to the agent that are still to be made.
    private ImmutableArray<IMessage> Calls { get; init; } = [];

    private EffectId Current { get; init; }

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        if (IsOutOfReach(turn))
        {
            return FailOutOfReach(turn);
        }

        turn.Do(new Effect.StepBegan(Request, CreationSteps.Network));
        return Await(turn, Stage.Scanning, id => Inside(id, new NetworkProtocol.Scan()));
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn) => input switch
    {
        Changed when !turn.Operations.Any(operation => operation is CreateContainer { MakesSandbox: true } or ConnectLate) => null,
        Changed when At == Stage.Waiting => PlugWhenReached(turn),
        Done done when done.Id == Current => OnReply(turn, done.Reply),
        Overdue { Id: var id } when id == Current => Fail(turn, new Failure(FailureCode.DeadlineExceeded, $"the stage {At} did not end within {Backstop.TotalSeconds:0} s")),
        _ => this,
    };

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why)
    {
        // Its creation, or its start, is abandoned too.
    }

    private Operation? OnReply(Turn turn, object reply)
    {
        switch (reply)
        {
            case NetworkProtocol.Scanned scanned:
                return Connect(turn, scanned.View);
            case NetworkProtocol.Connected connected:
                turn.Do(new Effect.StepEnded(Request, CreationSteps.Network));
                var interfaces = connected.Taps.Zip(View!.Endpoints, (tap, endpoint) => new HypervisorProtocol.TapInterface(endpoint.HardwareAddress, tap.File));
                return (this with { At = Stage.Waiting, Interfaces = [.. interfaces] }).PlugWhenReached(turn);
            case HypervisorProtocol.InterfacesPlugged:
                return (this with { Calls = GuestNetworks.Requests(View!) }).Tell(turn);
            case AgentProtocol.Invoked:
                return Tell(turn);
            case NetworkProtocol.NetworkFailed failed:
                return Fail(turn, failed.Failure);
            case HypervisorFailure failed:
                return Fail(turn, failed.Failure);
            case AgentProtocol.InvokeFailed failed:
                return Fail(turn, failed.Failure);
            case ResourceLost lost:
                return Fail(turn, new Failure(FailureCode.Internal, $"the {lost.Actor} actor failed"));
            default:
                return this;
        }
    }

    private Operation? Connect(Turn turn, NetworkView view)
    {
        foreach (var ignored in view.Ignored)
        {
            turn.Warn(ignored);
        }

        if (view.Endpoints.IsEmpty)
        {
            turn.Do(new Effect.StepEnded(Request, CreationSteps.Network));
            return End(turn);
        }

        turn.Persist(Begun(view, StandIn is not null));
        var command = new NetworkProtocol.Connect(turn.Registration.Uuid, view.Endpoints);
        return (this with { View = view }).Await(turn, Stage.Connecting, id => Inside(id, command));
    }

    private Operation? PlugWhenReached(Turn turn)
    {
        if (!turn.Outside.AgentConnected)
        {
            return IsOutOfReach(turn) ? FailOutOfReach(turn) : this;
        }

        turn.Do(new Effect.StepBegan(Request, CreationSteps.Interfaces));
        return Await(turn, Stage.Plugging, id => new AwaitedEffect.Ask(id, ResourceKind.Hypervisor, new HypervisorProtocol.PlugInterfaces(Interfaces), Backstop));
    }

    private Operation? Tell(Turn turn)
    {
        if (Calls.IsEmpty)
        {
            turn.Do(new Effect.StepEnded(Request, CreationSteps.Interfaces));
            if (StandIn is not null)
            {
                turn.Persist(Begun(View!, holdsStart: false));
            }

            return End(turn);
        }

        var invoke = new AgentProtocol.Invoke(null, Calls[0], turn.Deadlines.AgentCall);
        return (this with { Calls = Calls.RemoveAt(0) }).Await(
            turn, Stage.Telling, id => new AwaitedEffect.Ask(id, ResourceKind.Agent, invoke, turn.Deadlines.AgentCall + Backstop));
    }

    // QEMU has the tap interfaces: they end with it, when the actor has closed its own descriptors.
    private static Operation? End(Turn turn)
    {
        turn.Do(new Effect.Dismiss(ResourceKind.Network));
        turn.Signal(new NetworkReady());
        return null;
    }

    private static NetworkBegun Begun(NetworkView view, bool holdsStart) =>
        new() { Namespace = view.Namespace, Interfaces = { view.Endpoints.Select(endpoint => endpoint.Index) }, HoldsStart = holdsStart };

    private bool IsOutOfReach(Turn turn) => StandIn is not null && !turn.Outside.AgentConnected;

    private static Operation? FailOutOfReach(Turn turn) => Fail(turn, new Failure(FailureCode.Unavailable, "the agent cannot be reached"));

    private static Operation? Fail(Turn turn, Failure failure)
    {
        turn.Signal(new NetworkFailed(failure with { Message = $"network: {failure.Message}" }));
        return null;
    }

    private AwaitedEffect Inside(EffectId id, NetworkProtocol.InNamespace command) => StandIn is { } process
        ? new AwaitedEffect.Ask(id, ResourceKind.Network, command with { Process = process }, Backstop)
        : new AwaitedEffect.AskNetwork(id, Request, command, Backstop);

    private ConnectNetwork Await(Turn turn, Stage stage, Func<EffectId, AwaitedEffect> make)
    {
        var id = new EffectId(Id, Serial);
        turn.Do(make(id));
        return this with { At = stage, Current = id, Serial = Serial + 1 };
    }
}

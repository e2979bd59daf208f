using KataActors.Network;

namespace KataActors.Runtime.Sandboxes.Core.Operations;

/// <summary>
/// The start of a sandbox's own container whose network namespace had no interface at its creation. Callers such as <c>ctr run --cni</c> set the namespace up
/// when they know the pid of the container, between the creation and the start; so it is looked at once more.
/// </summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Start">The start.</param>
internal sealed record ConnectLate(OperationId Id, Start Start) : Operation(Id)
{
    /// <summary>The container.</summary>
    public string Container => Start.Container;

    /// <summary>Whether a start is to look at the namespace first.</summary>
    public static bool IsDue(string container, Turn turn) =>
        container == turn.Registration.Key.Id
        && turn.Settings.Network != NetworkModel.None
        && turn.Record.NetworkNamespace is null
        && turn.Record.Containers[container].Spec.Linux?.Namespaces.Any(entry => entry.Type == "network") == true;

    /// <inheritdoc/>
    public override Operation? Begin(Turn turn)
    {
        turn.Begin(id => new ConnectNetwork(id, Start.Waiting.Id, turn.Record.Containers[Container].StandIn));
        return this;
    }

    /// <inheritdoc/>
    public override Operation? On(Input input, Turn turn)
    {
        switch (input)
        {
            case Changed when turn.Record.VmEnded:
                return Refuse(turn, FailureCode.Unavailable, turn.WhyVmEnded);
            case Changed when turn.Record.Deleting:
                return Refuse(turn, FailureCode.Unavailable, "its sandbox is being removed");
            case Changed when turn.Record.Containers.GetValueOrDefault(Container) is not { Status: ContainerStatus.Created, Deleting: false }:
                return Refuse(turn, FailureCode.FailedPrecondition, "it has ended");
            case NetworkFailed { Failure: var failure }:
                return Refuse(turn, failure.Code, failure.Message);
            case NetworkReady:
                turn.Begin(id => new StartContainer(id, Container, [Start.Waiting]));
                return null;
            default:
                return this;
        }
    }

    /// <inheritdoc/>
    public override void Abandon(Turn turn, string why) => Refuse(turn, FailureCode.Unavailable, why);

    private Operation? Refuse(Turn turn, FailureCode code, string why)
    {
        turn.Reply(Start.Waiting.Id, new Failure(code, $"cannot start container \"{Container}\": {why}"));
        return null;
    }
}

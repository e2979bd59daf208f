using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The operations of a sandbox: what a command may find under way, and what is left when the actor stops.</summary>
/// <param name="state">The state.</param>
/// <param name="decided">The state with the decision whose events are being persisted.</param>
internal sealed class SandboxWork(SandboxState state, SandboxState decided)
{
    /// <summary>Whether an attempt to remove the whole sandbox is under way.</summary>
    public bool IsRemoval => decided.Operations.Values.Any(operation => operation is RemoveSandbox { IsUnderWay: true });

    /// <summary>Whether the reconciliation is under way: commands wait for its end.</summary>
    public bool IsReconciliation => decided.Operations.Values.Any(operation => operation is Reconcile);

    /// <summary>
    /// Whether a fresh actor would lose nothing that matters: what rests begins again there, and an inspection can be repeated.
    /// </summary>
    public bool IsSettled => state.Operations.Values.All(operation => operation
        is Removal { IsUnderWay: false } or PauseContainer { IsResting: true } or StartContainer { IsResting: true, HasRequester: false }
        or RetryLimits or InspectSandbox or ViewContainer or RemoveExec);

    private IEnumerable<Removal> Removals => Operations.OfType<Removal>();

    private IEnumerable<CreateContainer> Creations => Operations.OfType<CreateContainer>();

    // Including those that the decision ends.
    private IEnumerable<Operation> Operations => decided.Operations.Values.Concat(state.Operations.Values);

    /// <summary>The containers whose creation has no journaled intent: it has left nothing, and their ids are free.</summary>
    public IEnumerable<ContainerKey> Unrecorded => Creations
        .Select(creation => creation.Command.Container.Key)
        .Where(container => !state.Record.Containers.ContainsKey(container.Id))
        .Distinct();

    /// <summary>The containers to be removed for a requester.</summary>
    /// <param name="inputs">The inputs without a decision.</param>
    public IEnumerable<(string Container, RequesterId Requester)> Deletions(IEnumerable<Input> inputs) =>
        Removals.SelectMany(removal => removal.Waiting.Select(waiting => (removal.Command.Container, Waiting: waiting)))
            .Concat(Creations.SelectMany(creation => creation.Deleters.Select(deleter => (creation.Container, Waiting: deleter))))
            .Concat(inputs.OfType<Delete>().Select(delete => (delete.Container, delete.Waiting)))
            .Where(removal => removal.Waiting.Reply is SandboxCommands.Deleted)
            .DistinctBy(removal => removal.Waiting.Id)
            .Select(removal => (removal.Container, removal.Waiting.Id));

    /// <summary>The failure for a requester: that of a failed creation gets its cause.</summary>
    /// <param name="requester">The requester.</param>
    /// <param name="why">Why its creation cannot go on.</param>
    /// <param name="otherwise">The failure for all others.</param>
    public Failure FailureFor(RequesterId requester, string why, Failure otherwise) =>
        Creations.LastOrDefault(creation => creation.Command.Waiting.Id == requester || creation.Finisher?.Id == requester) is { } creation
            ? creation.Failure ?? new Failure(FailureCode.Unavailable, $"cannot create container \"{creation.Container}\": {why}")
            : Removals.SelectMany(removal => removal.Waiting).FirstOrDefault(waiting => waiting.Id == requester).Reply as Failure ?? otherwise;
}

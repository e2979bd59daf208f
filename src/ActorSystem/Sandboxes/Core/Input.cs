using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>What the core decides on.</summary>
internal abstract record Input;

/// <summary>Remove a container, or the whole sandbox, or join the removal that is under way.</summary>
/// <param name="Container">The container that was named.</param>
/// <param name="IsWhole">Whether the VM goes too.</param>
/// <param name="Reason">Why, for the record; empty when it was asked for.</param>
/// <param name="Waiting">The requester and the reply to a removal that succeeds; null when none waits.</param>
internal sealed record Remove(string Container, bool IsWhole, string Reason, WaitingRequester? Waiting) : Input;

/// <summary>Run the process of a created container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Waiting">The requester and the reply to a start that succeeds.</param>
internal sealed record Start(string Container, WaitingRequester Waiting) : Input;

/// <summary>The process of a container has ended.</summary>
/// <param name="Container">The container.</param>
/// <param name="Code">Exit code, or 128 + signal.</param>
/// <param name="Reason">Why, when it was not the process's own doing; else empty.</param>
internal sealed record ProcessEnded(string Container, int Code, string Reason) : Input
{
    /// <summary>Records it, unless the container is on record as ended, or as not there.</summary>
    public void Record(Turn turn)
    {
        if (turn.Record.Containers.GetValueOrDefault(Container)?.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused)
        {
            turn.Persist(new ContainerExited { Id = Container, ExitCode = Code, Reason = Reason, ExitedUnixNs = JournalTime.ToUnixNs(turn.Now) });
        }
    }
}

/// <summary>Undo the creation of a container that has joined the sandbox.</summary>
/// <param name="Container">The container, whose creation is on record and not finished.</param>
/// <param name="Reason">Why, for the record.</param>
/// <param name="Waiting">The requester of the creation and its reply; null when none waits.</param>
internal sealed record UndoCreation(string Container, string Reason, WaitingRequester? Waiting) : Input;

/// <summary>End a VM that cannot be trusted any more; its containers exit when it is gone.</summary>
/// <param name="Reason">Why, for the record.</param>
internal sealed record GiveUpVm(string Reason) : Input;

/// <summary>An effect has ended, in one way or the other.</summary>
/// <param name="Id">The effect.</param>
internal abstract record EffectEnded(EffectId Id) : Input;

/// <summary>The reply to an effect.</summary>
/// <param name="Id">The effect.</param>
/// <param name="Reply">A record of the protocol of the resource actor.</param>
internal sealed record Done(EffectId Id, object Reply) : EffectEnded(Id);

/// <summary>The deadline of an effect has passed without a reply.</summary>
internal sealed record Overdue(EffectId Id) : EffectEnded(Id);

/// <summary>The record, or what is seen of the outside, has changed: stages may have come to their end.</summary>
internal sealed record Changed : Input;

/// <summary>A requester and the reply that it gets when all goes well.</summary>
internal readonly record struct WaitingRequester(RequesterId Id, object Reply);

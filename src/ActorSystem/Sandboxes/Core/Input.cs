using System.Collections.Immutable;
using KataActors.Hypervisor;
using KataActors.Oci;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Persistence;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>What the core decides on.</summary>
internal abstract record Input;

/// <summary>Create a container, and with the first one the sandbox.</summary>
/// <param name="Container">The command.</param>
/// <param name="HasDescriptors">Whether the descriptors that came with it are still there.</param>
/// <param name="Waiting">The requester and the reply to a creation that succeeds.</param>
internal sealed record Create(SandboxCommands.CreateContainer Container, bool HasDescriptors, WaitingRequester Waiting) : Input;

/// <summary>The creation of a container is given up: it is to be removed.</summary>
/// <param name="Waiting">The requester of the removal.</param>
internal sealed record CancelCreation(WaitingRequester Waiting) : Input;

/// <summary>The VM of a new sandbox cannot be had, or is lost.</summary>
/// <param name="Failure">Why.</param>
internal sealed record VmFailed(Failure Failure) : Input;

/// <summary>The factory grants a VM.</summary>
/// <param name="Vm">The VM.</param>
internal sealed record VmOffered(FactoryProtocol.VmGranted Vm) : Input;

/// <summary>The factory has no VM.</summary>
/// <param name="Failure">Why.</param>
internal sealed record VmRefused(Failure Failure) : Input;

/// <summary>A clone or a VM of the pool has failed before its agent has answered.</summary>
/// <param name="Reason">Why.</param>
internal sealed record VmUseless(string Reason) : Input;

/// <summary>The factory has described the VM of a sandbox after a return of the daemon.</summary>
/// <param name="Vm">The VM.</param>
internal sealed record VmDescribed(VmConfig Vm) : Input;

/// <summary>The VM of a new sandbox is about to boot, after such a time in the queue: the deadline of the creation begins again.</summary>
/// <param name="InQueue">How long it may wait for the boot to begin.</param>
internal sealed record VmAwaited(TimeSpan InQueue) : Input;

/// <summary>Remove a container for a caller, and the whole sandbox with its own container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Force">Whatever it does.</param>
/// <param name="Waiting">The requester and the reply to a removal that succeeds.</param>
internal sealed record Delete(string Container, bool Force, WaitingRequester Waiting) : Input;

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

/// <summary>Change the limits of a container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Change">Members that are missing or zero stay as they are.</param>
/// <param name="Waiting">The requester; its reply tells the warnings.</param>
internal sealed record Update(string Container, ResourcesSpec Change, RequesterId Waiting) : Input;

/// <summary>The agent answers, for the first time or again: limits that a crash or a silent agent has left behind in the guest are taken back.</summary>
internal sealed record AgentReturned : Input;

/// <summary>The agent did not answer within the deadline of the first connection.</summary>
/// <param name="Failure">Why.</param>
internal sealed record AgentSilent(Failure Failure) : Input;

/// <summary>Too many connections to the agent came to nothing.</summary>
/// <param name="Reason">Why.</param>
internal sealed record AgentUnreachable(string Reason) : Input;

/// <summary>QEMU has ended.</summary>
/// <param name="Reason">Why.</param>
internal sealed record VmDied(string Reason) : Input;

/// <summary>A hypervisor's command failed that no operation waits for.</summary>
/// <param name="Failure">The command, and why.</param>
internal sealed record HypervisorFailed(HypervisorFailure Failure) : Input;

/// <summary>The VM was adopted, and no operation waits for that.</summary>
internal sealed record VmAdopted : Input;

/// <summary>The journal is replayed.</summary>
internal sealed record Recovered : Input;

/// <summary>The vCPU threads, as the hypervisor has told them without being asked by an operation.</summary>
/// <param name="Tids">The host threads.</param>
internal sealed record VcpusSeen(ImmutableArray<int> Tids) : Input;

/// <summary>A round of limits ends before it is done.</summary>
/// <param name="Failure">Why.</param>
internal sealed record StopLimits(Failure Failure) : Input;

/// <summary>A call that changes the limits of a container in the guest has ended.</summary>
/// <param name="By">The operation.</param>
/// <param name="Container">The container.</param>
/// <param name="Failure">Why they are not changed, or it is not known whether they are; null when they are.</param>
internal sealed record GuestLimitsSet(OperationId By, string Container, Failure? Failure) : Input;

/// <summary>A round of limits has ended.</summary>
/// <param name="Wish">The latest wish that it answers.</param>
/// <param name="Failure">Why the record is not followed; null when it is.</param>
/// <param name="Warnings">Faults beside limits that hold, a sentence each.</param>
internal sealed record LimitsApplied(int Wish, Failure? Failure, ImmutableArray<string> Warnings) : Input;

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

using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Hypervisor;
using KataActors.Model.Journal;
using KataActors.Oci;
using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>One input of the core; a step decides about it.</summary>
internal abstract record Input;

/// <summary>Create a container, and with the first one the sandbox.</summary>
/// <param name="Container">The command.</param>
/// <param name="HasDescriptors">Whether the request's descriptors are still there.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record Create(SandboxCommands.CreateContainer Container, bool HasDescriptors, WaitingRequester Waiting) : Input;

/// <summary>The hooks of a creation have run.</summary>
/// <param name="Container">The container.</param>
/// <param name="RequestId">The caller's id of the creation.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record HooksRan(string Container, ByteString RequestId, WaitingRequester Waiting) : Input;

/// <summary>Cancel the creation of a container, for a removal.</summary>
/// <param name="Waiting">The requester of the removal.</param>
internal sealed record CancelCreation(WaitingRequester Waiting) : Input;

/// <summary>The VM of a new sandbox is lost, or cannot be obtained.</summary>
/// <param name="Failure">Why.</param>
internal sealed record VmFailed(Failure Failure) : Input;

/// <summary>The VM has the interfaces of its network namespace.</summary>
internal sealed record NetworkReady : Input;

/// <summary>The VM cannot be connected with its network namespace.</summary>
/// <param name="Failure">Why.</param>
internal sealed record NetworkFailed(Failure Failure) : Input;

/// <summary>The factory grants a VM.</summary>
/// <param name="Vm">The VM.</param>
internal sealed record VmOffered(FactoryProtocol.VmGranted Vm) : Input;

/// <summary>The factory has no VM.</summary>
/// <param name="Failure">Why.</param>
internal sealed record VmRefused(Failure Failure) : Input;

/// <summary>A clone or pool VM has failed before its agent's first answer.</summary>
/// <param name="Reason">Why.</param>
internal sealed record VmUseless(string Reason) : Input;

/// <summary>The factory has described the VM of a sandbox, for its reconciliation.</summary>
/// <param name="Vm">The VM.</param>
internal sealed record VmDescribed(VmConfig Vm) : Input;

/// <summary>The boot of a new sandbox's VM is queued or begins: the deadline of the creation restarts.</summary>
/// <param name="InQueue">Longest wait for the start of the boot; zero when it begins now.</param>
internal sealed record VmAwaited(TimeSpan InQueue) : Input;

/// <summary>Remove a container for a caller; the sandbox's own container takes the whole sandbox with it.</summary>
/// <param name="Container">The container.</param>
/// <param name="Force">Whether it may be in any state.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record Delete(string Container, bool Force, WaitingRequester Waiting) : Input;

/// <summary>Remove a container or the whole sandbox, or join the removal under way.</summary>
/// <param name="Container">The named container.</param>
/// <param name="IsWhole">Whether the whole sandbox goes.</param>
/// <param name="Reason">Why, for the record; empty for a caller's request.</param>
/// <param name="Waiting">The requester, and its reply on success; null for none.</param>
internal sealed record Remove(string Container, bool IsWhole, string Reason, WaitingRequester? Waiting) : Input;

/// <summary>Run the process of a created container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record Start(string Container, WaitingRequester Waiting) : Input;

/// <summary>Stop the processes of a container where they are, or let them go on.</summary>
/// <param name="Container">The container.</param>
/// <param name="IsPaused">Whether they stand still afterwards.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record SetPaused(string Container, bool IsPaused, WaitingRequester Waiting) : Input;

/// <summary>Add a process to a running container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Added">The new process.</param>
/// <param name="Waiting">The requester, and its reply on success.</param>
internal sealed record Exec(string Container, ExecRecord Added, WaitingRequester Waiting) : Input;

/// <summary>An added process has ended.</summary>
/// <param name="Container">The container.</param>
/// <param name="Process">The process.</param>
/// <param name="Code">Exit code, or 128 + signal.</param>
/// <param name="Reason">Why, when it did not end by itself; else empty.</param>
internal sealed record ExecEnded(string Container, string Process, int Code, string Reason) : Input;

/// <summary>An added process has ended, and so has its stand-in.</summary>
/// <param name="Container">The container.</param>
/// <param name="Process">The process.</param>
internal sealed record ExecLeft(string Container, string Process) : Input;

/// <summary>Collect all details of the sandbox.</summary>
/// <param name="Waiting">The requester; its reply is a <see cref="SandboxDetails"/>.</param>
internal sealed record Inspect(RequesterId Waiting) : Input;

/// <summary>Look at a container, and into it.</summary>
/// <param name="Query">The query.</param>
/// <param name="Waiting">The requester; its reply is a <see cref="SandboxQueries.ContainerView"/>.</param>
internal sealed record View(SandboxQueries.ViewContainer Query, RequesterId Waiting) : Input;

/// <summary>The process of a container has ended.</summary>
/// <param name="Container">The container.</param>
/// <param name="Code">Exit code, or 128 + signal.</param>
/// <param name="Reason">Why, when the process did not end by itself; else empty.</param>
internal sealed record ProcessEnded(string Container, int Code, string Reason) : Input
{
    /// <summary>Records the end, unless the container is recorded as stopped or is not on record.</summary>
    public void Record(Turn turn)
    {
        if (turn.Record.Containers.GetValueOrDefault(Container)?.Status is ContainerStatus.Created or ContainerStatus.Running or ContainerStatus.Paused)
        {
            turn.Persist(new ContainerExited { Id = Container, ExitCode = Code, Reason = Reason, ExitedUnixNs = JournalTime.ToUnixNs(turn.Now) });
        }
    }
}

/// <summary>Undo the creation of a container that joins a sandbox.</summary>
/// <param name="Container">The container; its creation is on record as unfinished.</param>
/// <param name="Reason">Why, for the record.</param>
/// <param name="Waiting">The requester of the creation, and its reply; null for none.</param>
internal sealed record UndoCreation(string Container, string Reason, WaitingRequester? Waiting) : Input;

/// <summary>End a VM that cannot be trusted any more; its containers exit when it is gone.</summary>
/// <param name="Reason">Why, for the record.</param>
internal sealed record GiveUpVm(string Reason) : Input;

/// <summary>Change the limits of a container.</summary>
/// <param name="Container">The container.</param>
/// <param name="Change">The new limits; a missing or zero member keeps its value.</param>
/// <param name="Waiting">The requester; its reply has the warnings.</param>
internal sealed record Update(string Container, ResourcesSpec Change, RequesterId Waiting) : Input;

/// <summary>The agent answers, for the first time or again: limits in the guest left by a crash or a silent agent are undone.</summary>
internal sealed record AgentReturned : Input;

/// <summary>The agent did not answer within the deadline of the first connection.</summary>
/// <param name="Failure">Why.</param>
internal sealed record AgentSilent(Failure Failure) : Input;

/// <summary>Too many fruitless connections to the agent.</summary>
/// <param name="Reason">Why.</param>
internal sealed record AgentUnreachable(string Reason) : Input;

/// <summary>QEMU has ended.</summary>
/// <param name="Reason">Why.</param>
internal sealed record VmDied(string Reason) : Input;

/// <summary>A hypervisor command has failed without an operation that waits for it.</summary>
/// <param name="Failure">The command, and why.</param>
internal sealed record HypervisorFailed(HypervisorFailure Failure) : Input;

/// <summary>The VM was adopted without an operation that waits for it.</summary>
internal sealed record VmAdopted : Input;

/// <summary>A resource actor has failed; its resource is as it was.</summary>
/// <param name="Resource">The resource.</param>
internal sealed record ResourceActorFailed(ResourceKind Resource) : Input;

/// <summary>The journal is replayed.</summary>
internal sealed record Recovered : Input;

/// <summary>News of the vCPU threads from the hypervisor, without a command of an operation.</summary>
/// <param name="Tids">The host threads.</param>
internal sealed record VcpusSeen(ImmutableArray<int> Tids) : Input;

/// <summary>End a round of limits before it is done.</summary>
/// <param name="Failure">Why.</param>
internal sealed record StopLimits(Failure Failure) : Input;

/// <summary>A call that changes the limits of a container in the guest has ended.</summary>
/// <param name="By">The operation.</param>
/// <param name="Container">The container.</param>
/// <param name="Failure">Why the limits are unchanged or unknown; null on success.</param>
internal sealed record GuestLimitsSet(OperationId By, string Container, Failure? Failure) : Input;

/// <summary>A round of limits has ended.</summary>
/// <param name="Wish">The latest wish that the round answers.</param>
/// <param name="Failure">Why the limits differ from the record; null on success.</param>
/// <param name="Warnings">Problems that do not affect the limits, a sentence each.</param>
internal sealed record LimitsApplied(int Wish, Failure? Failure, ImmutableArray<string> Warnings) : Input;

/// <summary>The end of an effect.</summary>
/// <param name="Id">The effect.</param>
internal abstract record EffectEnded(EffectId Id) : Input;

/// <summary>The reply to an effect.</summary>
/// <param name="Id">The effect.</param>
/// <param name="Reply">A reply of the resource actor's protocol.</param>
internal sealed record Done(EffectId Id, object Reply) : EffectEnded(Id);

/// <summary>The deadline of an effect has passed without a reply.</summary>
internal sealed record Overdue(EffectId Id) : EffectEnded(Id);

/// <summary>The record, or the observed outside, has changed: stages may be over.</summary>
internal sealed record Changed : Input;

/// <summary>A requester, and its reply on success.</summary>
internal readonly record struct WaitingRequester(RequesterId Id, object Reply);

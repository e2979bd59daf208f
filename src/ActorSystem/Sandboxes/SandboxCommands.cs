using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Agent;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Commands of a container's life, sent to the SandboxManagerActor. Each gets exactly one reply: its own success record, or a <see cref="Failure"/>.
/// The reply comes after the event that records it is persisted.
/// </summary>
public static class SandboxCommands
{
    /// <summary>Create a container, and with it the sandbox when the spec's annotations say so. Replies <see cref="Created"/>.</summary>
    /// <param name="Key">The new container's key; not in use.</param>
    /// <param name="Spec">The parsed and validated specification.</param>
    /// <param name="Placement">The sandbox that it makes or joins.</param>
    /// <param name="SpecBytes">The specification as received, for the journal.</param>
    /// <param name="Bundle">The caller's bundle path, only for display.</param>
    /// <param name="StandIn">The host process that stands for the container.</param>
    /// <param name="Descriptors">The lease of the request's descriptors.</param>
    /// <param name="OwnerUid">The uid of the caller.</param>
    public sealed record CreateContainer(
        ContainerKey Key,
        RuntimeSpec Spec,
        ContainerPlacement Placement,
        ReadOnlyMemory<byte> SpecBytes,
        string Bundle,
        ProcessIdentity StandIn,
        DescriptorLease Descriptors,
        uint OwnerUid) : IContainerMessage
    {
        /// <summary>The caller's own id of this request, for a look-up after the daemon's death; empty for none.</summary>
        public ByteString RequestId { get; init; } = ByteString.Empty;

        /// <summary>The filter of system calls, compiled from the specification; null for none.</summary>
        public SystemCallFilter? Filter { get; init; }

        /// <summary>The size of the tmpfs that the specification binds on <c>/dev/shm</c>; 0 when there is none, or it is unknown.</summary>
        public long SharedMemoryBytes { get; init; }
    }

    /// <summary>The container exists and waits to be started, or its hooks are due.</summary>
    public sealed record Created
    {
        /// <summary>True: it is still being created, and waits for <see cref="FinishCreation"/>.</summary>
        public bool HooksDue { get; init; }
    }

    /// <summary>The hooks of a creation have run: end it. Replies <see cref="Finished"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="RequestId">The id of its <see cref="CreateContainer"/>.</param>
    public sealed record FinishCreation(ContainerKey Key, ByteString RequestId) : IContainerMessage;

    /// <summary>The reply to <see cref="FinishCreation"/>.</summary>
    /// <param name="IsCreated">The container is created. False: no creation of that request waits for its hooks.</param>
    public sealed record Finished(bool IsCreated);

    /// <summary>Run the container's process. Replies <see cref="Started"/>.</summary>
    public sealed record StartContainer(ContainerKey Key) : IContainerMessage;

    /// <summary>The process runs.</summary>
    /// <param name="Hooked">The container as it was before, when it has poststart hooks; else null.</param>
    public sealed record Started(ContainerSnapshot? Hooked = null);

    /// <summary>Send a signal. Replies <see cref="Signalled"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Signal">Signal number, 1 to 64.</param>
    /// <param name="All">Whether the signal goes to every process of the container, not only to the first.</param>
    public sealed record KillContainer(ContainerKey Key, int Signal, bool All) : IProcessMessage
    {
        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>The signal was delivered.</summary>
    public sealed record Signalled;

    /// <summary>Change the limits of a container that is not stopped. Replies <see cref="Updated"/>; a failure has changed nothing.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Change">The new limits; a missing or zero member keeps its value.</param>
    public sealed record UpdateContainer(ContainerKey Key, ResourcesSpec Change) : IContainerMessage;

    /// <summary>The new limits are in force, in the guest and on the host.</summary>
    /// <param name="Warnings">Parts of the update that could not be done, a sentence each.</param>
    public sealed record Updated(ImmutableArray<string> Warnings);

    /// <summary>Stop the processes of a container where they are. Replies <see cref="Paused"/>; after a failure they go on.</summary>
    public sealed record PauseContainer(ContainerKey Key) : IContainerMessage;

    /// <summary>The processes stand still.</summary>
    public sealed record Paused;

    /// <summary>Let the processes of a paused container go on. Replies <see cref="Resumed"/>; after a failure that is tried again.</summary>
    public sealed record ResumeContainer(ContainerKey Key) : IContainerMessage;

    /// <summary>The processes go on.</summary>
    public sealed record Resumed;

    /// <summary>Add a process to a running container. Replies <see cref="Executed"/>. Repeatable with the same process.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Process">The new process.</param>
    public sealed record Exec(ContainerKey Key, ExecRecord Process) : IContainerMessage;

    /// <summary>The added process runs.</summary>
    public sealed record Executed;

    /// <summary>Remove a stopped (or never started) container, and the VM with the sandbox's own container. Replies <see cref="Deleted"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Force">Kill it first if it still runs; no error when it does not exist.</param>
    public sealed record DeleteContainer(ContainerKey Key, bool Force) : IContainerMessage;

    /// <summary>Nothing of the container is left.</summary>
    public sealed record Deleted;

    /// <summary>Offer bytes of standard input. Repeatable. Replies <see cref="InputAccepted"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Offset">Position of the first byte in the whole input.</param>
    /// <param name="Data">The bytes.</param>
    public sealed record WriteInput(ContainerKey Key, ulong Offset, ReadOnlyMemory<byte> Data) : IProcessMessage
    {
        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>How many of the offered bytes were accepted.</summary>
    public sealed record InputAccepted(uint Count);

    /// <summary>Close standard input once <paramref name="Offset"/> bytes were accepted. Replies <see cref="InputClosed"/>.</summary>
    public sealed record CloseInput(ContainerKey Key, ulong Offset) : IProcessMessage
    {
        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>The input is closed, or will be when its last byte is accepted.</summary>
    public sealed record InputClosed;

    /// <summary>Set the size of a process's terminal, in characters. Repeatable. Replies <see cref="TerminalResized"/>.</summary>
    public sealed record ResizeTerminal(ContainerKey Key, ushort Rows, ushort Columns) : IProcessMessage
    {
        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>The terminal has the size, or has gone with its VM.</summary>
    public sealed record TerminalResized;
}

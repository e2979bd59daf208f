using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Queries about containers and sandboxes, sent to the SandboxManagerActor. State, list and sandbox list are answered from memory.</summary>
public static class SandboxQueries
{
    /// <summary>
    /// Replies <see cref="Ready"/> once the journal is replayed and every recorded sandbox is known, or the deadline for that has passed.
    /// </summary>
    public sealed record GetReady;

    /// <summary>Answers from memory are available from now on.</summary>
    public sealed record Ready;

    /// <summary>Replies a <see cref="ContainerSnapshot"/> or a <see cref="Failure"/>.</summary>
    public sealed record GetContainer(ContainerKey Key) : IContainerMessage;

    /// <summary>All containers of an id space. Replies <see cref="ContainerList"/>.</summary>
    public sealed record ListContainers(string Root);

    /// <summary>The containers in order of creation.</summary>
    public sealed record ContainerList(ImmutableArray<ContainerSnapshot> Containers);

    /// <summary>
    /// Wait for the end of a process, and so of the container when it is its first one. Replies <see cref="ContainerExit"/> once it has exited; no reply while it runs, so the requester sets a timeout.
    /// </summary>
    /// <param name="Key">The container.</param>
    /// <param name="Wait">How long the requester listens for the answer.</param>
    public sealed record WaitContainer(ContainerKey Key, TimeSpan Wait) : IProcessMessage
    {
        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>Read output from an offset on, and acknowledge all bytes below it. Replies <see cref="OutputRead"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Stderr">Standard error instead of standard output.</param>
    /// <param name="Offset">Position of the first byte wanted.</param>
    /// <param name="MaxBytes">Upper bound of the reply, in bytes.</param>
    /// <param name="Wait">How long to wait for data.</param>
    public sealed record ReadOutput(ContainerKey Key, bool Stderr, ulong Offset, uint MaxBytes, TimeSpan Wait) : IProcessMessage
    {
        /// <summary>Whether the reader is gone: the stream is closed, and the reply is its end.</summary>
        public bool Close { get; init; }

        /// <inheritdoc/>
        public string Process { get; init; } = "";
    }

    /// <summary>Bytes of output; empty when there were none in time.</summary>
    public sealed record OutputRead(ReadOnlyMemory<byte> Data, bool EndOfStream);

    /// <summary>What a container is doing. Replies <see cref="ContainerView"/> or a <see cref="Failure"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Inside">What the guest is asked for.</param>
    public sealed record ViewContainer(ContainerKey Key, Inside Inside) : IContainerMessage;

    /// <summary>What the guest tells about a container.</summary>
    public enum Inside
    {
        Nothing,
        Statistics,
        Processes,
    }

    /// <summary>What a container is doing.</summary>
    /// <param name="Status">Its state.</param>
    /// <param name="StandIns">The host's pids of the stand-ins of its running processes, that of the first one first.</param>
    /// <param name="Guest">The guest's answer, a message of the agent's protocol; null when it was not asked for, and after the VM's end.</param>
    public sealed record ContainerView(ContainerStatus Status, ImmutableArray<int> StandIns, IMessage? Guest);

    /// <summary>All sandboxes of the node. Replies <see cref="SandboxList"/>.</summary>
    public sealed record ListSandboxes;

    /// <summary>The sandboxes in order of creation.</summary>
    public sealed record SandboxList(ImmutableArray<SandboxSnapshot> Sandboxes)
    {
        /// <summary>Why no container can be created; empty when the journal is in order.</summary>
        public string JournalProblem { get; init; } = "";
    }

    /// <summary>All details of one sandbox. Replies <see cref="SandboxDetails"/> or a <see cref="Failure"/>.</summary>
    public sealed record InspectSandbox(ContainerKey Key);
}

/// <summary>A full description of a sandbox.</summary>
public sealed record SandboxDetails(
    SandboxSnapshot Snapshot,
    string HostName,
    Guid Uuid,
    ImmutableArray<int> VcpuTids,
    ImmutableArray<string> Cgroups,
    string VmSource,
    ImmutableArray<StepTiming> Timings,
    ImmutableArray<ContainerSnapshot> Containers,
    ImmutableArray<string> Actors,
    string Reason,
    string GuestKernel,
    string Accelerator,
    uint Vcpus,
    uint MemoryMib,
    ulong AgentRssKib,
    long CfsQuotaUs,
    ulong CfsPeriodUs)
{
    /// <summary>The values of the host's cgroup files; null when there are none.</summary>
    public CgroupProtocol.Status? Cgroup { get; init; }

    /// <summary>machine-id(5) as reported by the guest; empty when it reports none.</summary>
    public string GuestMachineId { get; init; } = "";
}

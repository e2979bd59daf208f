using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Questions about containers and sandboxes, sent to the SandboxManagerActor. State, list and sandbox list are answered from memory.</summary>
public static class SandboxQueries
{
    /// <summary>Replies <see cref="Ready"/> once the journal is replayed and every sandbox on it is known.</summary>
    public sealed record GetReady;

    /// <summary>From here on answers from memory are complete.</summary>
    public sealed record Ready;

    /// <summary>Replies a <see cref="ContainerSnapshot"/> or a <see cref="Failure"/>.</summary>
    public sealed record GetContainer(ContainerKey Key) : IContainerMessage;

    /// <summary>All containers of an id space. Replies <see cref="ContainerList"/>.</summary>
    public sealed record ListContainers(string Root);

    /// <summary>In order of creation.</summary>
    public sealed record ContainerList(ImmutableArray<ContainerSnapshot> Containers);

    /// <summary>Wait for the container's end. Replies <see cref="ContainerExit"/> when it has exited; nothing while it runs, so the asker sets a time.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Wait">After that nobody listens for the answer.</param>
    public sealed record WaitContainer(ContainerKey Key, TimeSpan Wait) : IContainerMessage;

    /// <summary>How a container ended.</summary>
    /// <param name="Code">Exit code, or 128 + signal.</param>
    /// <param name="Reason">Why, when it was not the process's own doing; else empty.</param>
    public sealed record ContainerExit(int Code, string Reason);

    /// <summary>Read output from an offset on, which acknowledges what lies below it. Replies <see cref="OutputRead"/>.</summary>
    /// <param name="Key">The container.</param>
    /// <param name="Stderr">Standard error instead of standard output.</param>
    /// <param name="Offset">Position of the first byte wanted.</param>
    /// <param name="MaxBytes">At most so many.</param>
    /// <param name="Wait">How long to wait for data.</param>
    public sealed record ReadOutput(ContainerKey Key, bool Stderr, ulong Offset, uint MaxBytes, TimeSpan Wait) : IContainerMessage;

    /// <summary>Bytes of output; empty when none came in time.</summary>
    public sealed record OutputRead(ReadOnlyMemory<byte> Data, bool EndOfStream);

    /// <summary>All sandboxes of the node. Replies <see cref="SandboxList"/>.</summary>
    public sealed record ListSandboxes;

    /// <summary>In order of creation.</summary>
    public sealed record SandboxList(ImmutableArray<SandboxSnapshot> Sandboxes)
    {
        /// <summary>Why nothing can be created; empty when the journal is in order.</summary>
        public string JournalProblem { get; init; } = "";
    }

    /// <summary>Everything about one sandbox. Replies <see cref="SandboxDetails"/> or a <see cref="Failure"/>.</summary>
    public sealed record InspectSandbox(ContainerKey Key);
}

/// <summary>OCI container states (runtime spec, "State").</summary>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}

/// <summary>Sandbox states.</summary>
public enum SandboxStatus
{
    Creating,
    Ready,
    Running,
    Paused,
    Stopped,
}

/// <summary>A container as the daemon remembers it.</summary>
public sealed record ContainerSnapshot(
    ContainerKey Key,
    string SandboxId,
    ContainerStatus Status,
    int StandInPid,
    string Bundle,
    string Rootfs,
    string OciVersion,
    ImmutableDictionary<string, string> Annotations,
    DateTimeOffset CreatedAt,
    uint OwnerUid,
    int? ExitCode,
    string Reason)
{
    /// <summary>Of the request that created it; empty for none.</summary>
    public ByteString RequestId { get; init; } = ByteString.Empty;
}

/// <summary>A sandbox in one line.</summary>
public sealed record SandboxSnapshot(
    ContainerKey Key,
    SandboxStatus Status,
    int VmmPid,
    int ContainerCount,
    DateTimeOffset CreatedAt);

/// <summary>One step of create: when it began, counted from the start of the command, and how long it took.</summary>
public sealed record StepTiming(string Step, TimeSpan Start, TimeSpan Duration);

/// <summary>A sandbox in full.</summary>
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
    /// <summary>What the host's cgroup files say; null when there are none.</summary>
    public CgroupProtocol.Status? Cgroup { get; init; }

    /// <summary>machine-id(5) of the guest, in its own words; empty when it does not say one.</summary>
    public string GuestMachineId { get; init; } = "";
}

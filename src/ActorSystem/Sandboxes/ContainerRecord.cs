using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>What the journal knows of one container.</summary>
public sealed record ContainerRecord(
    ContainerKey Key,
    RuntimeSpec Spec,
    string Bundle,
    ProcessIdentity StandIn,
    uint OwnerUid,
    DateTimeOffset CreatedAt)
{
    /// <summary>Those of the specification, which no change of limits touches: one copy for all snapshots.</summary>
    public ImmutableDictionary<string, string> Annotations { get; } = Spec.Annotations.ToImmutableDictionary();

    /// <summary>Of the request that created it; empty for none.</summary>
    public ByteString RequestId { get; init; } = ByteString.Empty;

    /// <summary>The specification as it came; empty when it is not known.</summary>
    public ByteString SpecBytes { get; init; } = ByteString.Empty;

    /// <summary>Whether the limits of <see cref="Spec"/> may be others than those of <see cref="SpecBytes"/>.</summary>
    public bool HasOtherLimits { get; private init; }

    /// <summary>The OCI state.</summary>
    public ContainerStatus Status { get; init; } = ContainerStatus.Creating;

    /// <summary>Set when stopped.</summary>
    public SandboxQueries.ContainerExit? Exit { get; init; }

    /// <summary>Set from the intent of a change of limits to its end. Until then <see cref="Spec"/> says what they are to be.</summary>
    public PendingUpdate? Update { get; init; }

    /// <summary>True from the moment that removal is certain.</summary>
    public bool Deleting { get; init; }

    /// <summary>Steps of its creation.</summary>
    public ImmutableArray<StepTiming> Timings { get; init; } = [];

    /// <summary>The container for <c>state</c> and <c>list</c>.</summary>
    public ContainerSnapshot ToSnapshot(string sandboxId) => new(
        Key,
        sandboxId,
        Status,
        Status == ContainerStatus.Stopped ? 0 : StandIn.Pid,
        Bundle,
        RootfsPath(),
        Spec.OciVersion ?? "",
        Annotations,
        CreatedAt,
        OwnerUid,
        Exit?.Code,
        Exit?.Reason ?? "") { RequestId = RequestId };

    /// <summary>The container with other limits.</summary>
    public ContainerRecord WithResources(ResourcesSpec? resources) =>
        this with { Spec = Spec with { Linux = (Spec.Linux ?? new LinuxSpec()) with { Resources = resources } }, HasOtherLimits = true };

    private string RootfsPath() => Spec.Root?.Path is { } path ? Path.Combine(Bundle, path) : Bundle;
}

/// <summary>A change of limits under way.</summary>
/// <param name="Before">The limits that it replaces; null for none.</param>
public sealed record PendingUpdate(ResourcesSpec? Before);

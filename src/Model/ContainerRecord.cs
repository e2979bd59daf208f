using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Oci;

namespace KataActors.Model;

/// <summary>The journaled state of one container.</summary>
public sealed record ContainerRecord(
    ContainerKey Key,
    RuntimeSpec Spec,
    string Bundle,
    ProcessIdentity StandIn,
    uint OwnerUid,
    DateTimeOffset CreatedAt)
{
    /// <summary>The specification's annotations. Updates do not change them, so all snapshots share one copy.</summary>
    public ImmutableDictionary<string, string> Annotations { get; } = Spec.Annotations.ToImmutableDictionary();

    /// <summary>Id of the creating request; empty for none.</summary>
    public ByteString RequestId { get; init; } = ByteString.Empty;

    /// <summary>The specification as received; empty when unknown.</summary>
    public ByteString SpecBytes { get; init; } = ByteString.Empty;

    /// <summary>Whether the limits of <see cref="Spec"/> may differ from those of <see cref="SpecBytes"/>.</summary>
    public bool HasOtherLimits { get; private init; }

    /// <summary>The OCI state.</summary>
    public ContainerStatus Status { get; init; } = ContainerStatus.Creating;

    /// <summary>The exit; set when stopped.</summary>
    public ContainerExit? Exit { get; init; }

    /// <summary>Set from the intent of an update to its end. Until then <see cref="Spec"/> has the wanted limits.</summary>
    public PendingUpdate? Update { get; init; }

    /// <summary>Set from the intent to start the process until it is known whether it was started.</summary>
    public bool StartIntent { get; init; }

    /// <summary>The state to which a paused container returns; null when it is not paused.</summary>
    public ContainerStatus? PausedIn { get; init; }

    /// <summary>Set from the intent to pause (true) or to resume (false) the container until that is done.</summary>
    public bool? PauseIntent { get; init; }

    /// <summary>True from the intent of a removal on.</summary>
    public bool Deleting { get; init; }

    /// <summary>The added processes by id.</summary>
    public ImmutableDictionary<string, ExecRecord> Execs { get; init; } = ImmutableDictionary<string, ExecRecord>.Empty;

    /// <summary>Timings of the creation's steps.</summary>
    public ImmutableArray<StepTiming> Timings { get; init; } = [];

    /// <summary>The snapshot for <c>state</c> and <c>list</c>.</summary>
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
        Exit?.Reason ?? "") { RequestId = RequestId, Hooks = Spec.Hooks ?? HooksSpec.None };

    /// <summary>The record with other limits.</summary>
    public ContainerRecord WithResources(ResourcesSpec? resources) =>
        this with { Spec = Spec with { Linux = (Spec.Linux ?? new LinuxSpec()) with { Resources = resources } }, HasOtherLimits = true };

    private string RootfsPath() => Spec.Root?.Path is { } path ? Path.Combine(Bundle, path) : Bundle;
}

/// <summary>An update of limits under way.</summary>
/// <param name="Before">The limits before the update; null for none.</param>
public sealed record PendingUpdate(ResourcesSpec? Before);

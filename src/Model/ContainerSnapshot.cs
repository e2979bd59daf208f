using System.Collections.Immutable;
using Google.Protobuf;
using KataActors.Oci;

namespace KataActors.Model;

/// <summary>A container as the manager remembers it.</summary>
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
    /// <summary>Id of the creating request; empty for none.</summary>
    public ByteString RequestId { get; init; } = ByteString.Empty;

    /// <summary>The hooks of its specification.</summary>
    public HooksSpec Hooks { get; init; } = HooksSpec.None;
}

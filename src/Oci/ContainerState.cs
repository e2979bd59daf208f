namespace KataActors.Oci;

/// <summary>What <c>state</c> and <c>list</c> tell about a container.</summary>
public sealed record ContainerState
{
    public required string OciVersion { get; init; }

    public required string Id { get; init; }

    /// <summary>creating, created, running, paused or stopped.</summary>
    public required string Status { get; init; }

    /// <summary>Pid of the stand-in on the host; 0 when stopped.</summary>
    public required int Pid { get; init; }

    public required string Bundle { get; init; }

    public required string Rootfs { get; init; }

    public required DateTime CreatedUtc { get; init; }

    /// <summary>Why a stopped container ended, when that was not its own doing; else empty.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Name of the user who created it, or <c>#uid</c>; shown by <c>list</c>.</summary>
    public string Owner { get; init; } = "";

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Value;
}

namespace KataActors.Oci;

/// <summary>A container as shown by <c>state</c> and <c>list</c>.</summary>
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

    /// <summary>The external cause of a stopped container's end; empty when it ended by itself.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Name of its creator's user, or <c>#uid</c>; shown by <c>list</c>.</summary>
    public string Owner { get; init; } = "";

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = EmptyMap.Value;
}

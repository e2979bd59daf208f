namespace KataActors.Model;

/// <summary>A short description of a sandbox.</summary>
public sealed record SandboxSnapshot(
    ContainerKey Key,
    SandboxStatus Status,
    int VmmPid,
    int ContainerCount,
    DateTimeOffset CreatedAt);

namespace KataActors.Runtime.Sandboxes;

/// <summary>A sandbox on this node as the manager knows it.</summary>
/// <param name="Key">Its id, which is that of its first container.</param>
/// <param name="HostName">Its name on the host.</param>
/// <param name="Uuid">Its incarnation.</param>
public sealed record SandboxRegistration(ContainerKey Key, string HostName, Guid Uuid);

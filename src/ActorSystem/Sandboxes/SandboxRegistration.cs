namespace KataActors.Runtime.Sandboxes;

/// <summary>A sandbox on this node as the manager knows it.</summary>
/// <param name="Key">Its id, which is that of its first container.</param>
/// <param name="HostName">Its name on the host.</param>
/// <param name="Uuid">Its incarnation.</param>
public sealed record SandboxRegistration(ContainerKey Key, string HostName, Guid Uuid)
{
    private const string Prefix = "sandbox-";

    /// <summary>Under which its actor's events are in the journal.</summary>
    public string PersistenceId => PersistenceIdOf(Uuid);

    /// <summary>The persistence id of an incarnation.</summary>
    public static string PersistenceIdOf(Guid uuid) => $"{Prefix}{uuid}";

    /// <summary>The incarnation that a persistence id is of; null when it is no sandbox's.</summary>
    public static Guid? IncarnationOf(string persistenceId) =>
        persistenceId.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(persistenceId.AsSpan(Prefix.Length), "D", out var uuid) ? uuid : null;
}

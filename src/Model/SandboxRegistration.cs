namespace KataActors.Model;

/// <summary>The identity of a sandbox on this node.</summary>
/// <param name="Key">Its key: that of its first container.</param>
/// <param name="HostName">Its name on the host.</param>
/// <param name="Uuid">Its incarnation.</param>
public sealed record SandboxRegistration(ContainerKey Key, string HostName, Guid Uuid)
{
    private const string Prefix = "sandbox-";

    /// <summary>The persistence id of its events in the journal.</summary>
    public string PersistenceId => PersistenceIdOf(Uuid);

    /// <summary>The persistence id of an incarnation.</summary>
    public static string PersistenceIdOf(Guid uuid) => $"{Prefix}{uuid}";

    /// <summary>The incarnation in a persistence id; null when the id does not belong to a sandbox.</summary>
    public static Guid? IncarnationOf(string persistenceId) =>
        persistenceId.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParseExact(persistenceId.AsSpan(Prefix.Length), "D", out var uuid) ? uuid : null;
}

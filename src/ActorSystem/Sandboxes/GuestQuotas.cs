using System.Collections.Immutable;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The CPU quotas that the guest has to enforce. A guest counts the time for which the host throttles its vCPUs as used, so a quota enforced in both
/// places gives a container less than its share. While the host's limit is not above a container's quota, the guest's quota is lifted; it is set
/// again before the host's limit rises above it. So one place enforces each quota at any time. An immutable value.
/// </summary>
internal sealed record GuestQuotas
{
    /// <summary>The state of the guest is unknown.</summary>
    public static readonly GuestQuotas Unknown = new();

    // By container; null for no limit.
    private ImmutableDictionary<string, CpuLimit?> Enforced { get; init; } = ImmutableDictionary<string, CpuLimit?>.Empty;

    /// <summary>The limit in a specification; null for none.</summary>
    public static CpuLimit? Of(ResourcesSpec? resources) => new CpuRequest(resources?.Cpu?.Quota, resources?.Cpu?.Period).Limit;

    /// <summary>Records the limit that the guest enforces; null for no limit.</summary>
    public GuestQuotas Know(string id, CpuLimit? limit) => this with { Enforced = Enforced.SetItem(id, limit) };

    /// <summary>Forgets a container: it is gone, or its limit in the guest is changing.</summary>
    public GuestQuotas Forget(string id) => this with { Enforced = Enforced.Remove(id) };

    /// <summary>Forgets containers that are not on record.</summary>
    public GuestQuotas Within(SandboxRecord record) => this with { Enforced = Enforced.RemoveRange(Enforced.Keys.Where(id => !record.Containers.ContainsKey(id))) };

    /// <summary>A container whose quota the guest must enforce before the host's limit becomes <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit as written to the kernel; null for none.</param>
    public ContainerRecord? NextToSet(SandboxRecord record, CpuLimit? host) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && !Holds(host, limit) && !(Enforced.TryGetValue(container.Key.Id, out var known) && known == limit));

    /// <summary>A container whose quota the guest need not enforce while the host's limit is <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit in force; null for none.</param>
    /// <param name="isChanging">Whether a container's limits in the guest are changing; such a container is skipped.</param>
    public ContainerRecord? NextToLift(SandboxRecord record, CpuLimit? host, Func<string, bool> isChanging) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && Holds(host, limit) && !isChanging(container.Key.Id)
            && !(Enforced.TryGetValue(container.Key.Id, out var known) && known is null));

    private static CpuLimit? Of(ContainerRecord container) => Of(container.Spec.Linux?.Resources);

    private static bool Holds(CpuLimit? host, CpuLimit limit) => host is { } held && !held.IsMoreThan(limit);

    private static IEnumerable<ContainerRecord> InGuest(SandboxRecord record) =>
        CpuLimits.Counted(record).Where(container => container.Status != ContainerStatus.Creating);
}

using System.Collections.Immutable;
using KataActors.Cgroups;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Which CPU quotas of containers the guest has to enforce. A guest takes the time in which the host holds its vCPUs back for time used, so a quota that
/// holds in both places gives a container less than it is allowed. Where the host's limit is not more than a container's own, the guest's is lifted; before
/// the host's becomes more, the guest's is set again. So each quota is enforced in one place at any time. A value.
/// </summary>
internal sealed record GuestQuotas
{
    /// <summary>Nothing is known of the guest.</summary>
    public static readonly GuestQuotas Unknown = new();

    // Null for no limit.
    private ImmutableDictionary<string, CpuLimit?> Enforced { get; init; } = ImmutableDictionary<string, CpuLimit?>.Empty;

    /// <summary>A container's limit; null for none.</summary>
    public static CpuLimit? Of(ResourcesSpec? resources) => new CpuRequest(resources?.Cpu?.Quota, resources?.Cpu?.Period).Limit;

    /// <summary>The guest enforces this; null for no limit.</summary>
    public GuestQuotas Know(string id, CpuLimit? limit) => this with { Enforced = Enforced.SetItem(id, limit) };

    /// <summary>The container is gone, or the guest's limit for it is changing.</summary>
    public GuestQuotas Forget(string id) => this with { Enforced = Enforced.Remove(id) };

    /// <summary>Only containers of the record are known.</summary>
    public GuestQuotas Within(SandboxRecord record) => this with { Enforced = Enforced.RemoveRange(Enforced.Keys.Where(id => !record.Containers.ContainsKey(id))) };

    /// <summary>A container whose quota the guest must enforce before the host goes to <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit, as the kernel gets it; null for none.</param>
    public ContainerRecord? NextToSet(SandboxRecord record, CpuLimit? host) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && !Holds(host, limit) && !(Enforced.TryGetValue(container.Key.Id, out var known) && known == limit));

    /// <summary>A container whose quota the guest need not enforce while the host has <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit that is in force; null for none.</param>
    /// <param name="isChanging">The containers whose limits in the guest are changing: they are left alone.</param>
    public ContainerRecord? NextToLift(SandboxRecord record, CpuLimit? host, Func<string, bool> isChanging) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && Holds(host, limit) && !isChanging(container.Key.Id)
            && !(Enforced.TryGetValue(container.Key.Id, out var known) && known is null));

    private static CpuLimit? Of(ContainerRecord container) => Of(container.Spec.Linux?.Resources);

    private static bool Holds(CpuLimit? host, CpuLimit limit) => host is { } held && !held.IsMoreThan(limit);

    private static IEnumerable<ContainerRecord> InGuest(SandboxRecord record) =>
        CpuLimits.Counted(record).Where(container => container.Status != ContainerStatus.Creating);
}

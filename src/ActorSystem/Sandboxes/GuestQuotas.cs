using KataActors.Cgroups;
using KataActors.Oci;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Which containers' CPU quotas the guest has to enforce. A guest takes the time in which the host holds its vCPUs back for time used, so a quota that
/// holds in both places gives a container less than it is allowed. Where the host's limit is not more than a container's own, the guest's is lifted; before
/// the host's becomes more, the guest's is set again. So each quota is enforced by somebody at any time.
/// </summary>
internal sealed class GuestQuotas
{
    private readonly Dictionary<string, CpuLimit?> _known = [];
    private readonly Dictionary<string, object> _asked = [];

    /// <summary>What a container is allowed; null for no limit.</summary>
    public static CpuLimit? Of(ResourcesSpec? resources) => new CpuRequest(resources?.Cpu?.Quota, resources?.Cpu?.Period).Limit;

    /// <summary>A call that changes a container's limits in the guest is on its way: what the guest enforces is not known until it is answered.</summary>
    public void Ask(string id, object call)
    {
        _known.Remove(id);
        _asked[id] = call;
    }

    /// <summary>Such a call was answered.</summary>
    /// <param name="id">The container.</param>
    /// <param name="call">As it was asked.</param>
    /// <param name="failed">What the guest enforces is still not known.</param>
    /// <param name="limit">What the guest enforces now; null for no limit.</param>
    /// <returns>False when another one has been asked since.</returns>
    public bool Answer(string id, object call, bool failed, CpuLimit? limit)
    {
        if (!ReferenceEquals(_asked.GetValueOrDefault(id), call))
        {
            return false;
        }

        _asked.Remove(id);
        if (!failed)
        {
            Know(id, limit);
        }

        return true;
    }

    /// <summary>The guest enforces this; null for no limit.</summary>
    public void Know(string id, CpuLimit? limit) => _known[id] = limit;

    /// <summary>The calls that the guest has yet to answer.</summary>
    public IReadOnlyList<object> Asked => [.. _asked.Values];

    /// <summary>The container is gone.</summary>
    public void Forget(string id)
    {
        _known.Remove(id);
        _asked.Remove(id);
    }

    /// <summary>Whether the guest has yet to answer a call that changes the container's limits.</summary>
    public bool IsAsked(string id) => _asked.ContainsKey(id);

    /// <summary>A container whose quota the guest must enforce before the host goes to <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit, as the kernel gets it; null for none.</param>
    public ContainerRecord? NextToSet(SandboxRecord record, CpuLimit? host) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && !Holds(host, limit) && !(_known.TryGetValue(container.Key.Id, out var known) && known == limit));

    /// <summary>A container whose quota the guest need not enforce while the host has <paramref name="host"/>.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="host">The host's limit that is in force; null for none.</param>
    public ContainerRecord? NextToLift(SandboxRecord record, CpuLimit? host) => InGuest(record)
        .FirstOrDefault(container => Of(container) is { } limit && Holds(host, limit) && !IsAsked(container.Key.Id)
            && !(_known.TryGetValue(container.Key.Id, out var known) && known is null));

    private static CpuLimit? Of(ContainerRecord container) => Of(container.Spec.Linux?.Resources);

    private static bool Holds(CpuLimit? host, CpuLimit limit) => host is { } held && !held.IsMoreThan(limit);

    private static IEnumerable<ContainerRecord> InGuest(SandboxRecord record) =>
        CpuLimits.Counted(record).Where(container => container.Status != ContainerStatus.Creating);
}

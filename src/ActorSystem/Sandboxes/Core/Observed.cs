using System.Collections.Immutable;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The VM, the guest and the host cgroups as their replies have told; it outlives operations, and is learned anew by each actor.</summary>
internal sealed record Observed
{
    /// <summary>The VM that was granted; null before that.</summary>
    public VmLease? Vm { get; init; }

    /// <summary>The VM of a new sandbox takes mounts: it was launched, and one that can be given up for another has answered.</summary>
    public bool VmTakesMounts { get; init; }

    /// <summary>The host threads that run the vCPUs; empty when they are not known.</summary>
    public ImmutableArray<int> VcpuTids { get; init; } = [];

    /// <summary>The threads have been asked for since they were last put into the cgroups.</summary>
    public bool ThreadsAreFresh { get; init; }

    /// <summary>The vCPUs that the guest uses; null when that is not known.</summary>
    public int? GuestVcpus { get; init; }

    /// <summary>The host cgroups as they were last applied; null before that.</summary>
    public CgroupProtocol.Applied? Cgroup { get; init; }

    /// <summary>The CPU quotas in the guest.</summary>
    public GuestQuotas Quotas { get; init; } = GuestQuotas.Unknown;

    /// <summary>The containers whose limits in the guest are not those of the record: they are restored when the agent returns.</summary>
    public ImmutableHashSet<string> ToRestore { get; init; } = [];

    /// <summary>Only containers of the record are known.</summary>
    public Observed Within(SandboxRecord record) => this with
    {
        Quotas = Quotas.Within(record),
        ToRestore = ToRestore.Intersect(record.Containers.Keys),
    };
}

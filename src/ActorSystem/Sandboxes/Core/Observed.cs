using System.Collections.Immutable;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>Observations of the VM, the guest and the host cgroups, from replies. They outlive operations; each actor starts without them.</summary>
internal sealed record Observed
{
    /// <summary>The granted VM; null for none.</summary>
    public VmLease? Vm { get; init; }

    /// <summary>Whether the VM of a new sandbox takes mounts: it is launched, and a clone or pool VM has answered.</summary>
    public bool VmTakesMounts { get; init; }

    /// <summary>The host threads of the vCPUs; empty when unknown.</summary>
    public ImmutableArray<int> VcpuTids { get; init; } = [];

    /// <summary>Whether the threads were queried after they were last placed in the cgroups.</summary>
    public bool ThreadsAreFresh { get; init; }

    /// <summary>The number of vCPUs in use by the guest; null when unknown.</summary>
    public int? GuestVcpus { get; init; }

    /// <summary>The last reply about the host cgroups; null for none.</summary>
    public CgroupProtocol.Applied? Cgroup { get; init; }

    /// <summary>The CPU quotas in the guest.</summary>
    public GuestQuotas Quotas { get; init; } = GuestQuotas.Unknown;

    /// <summary>Containers whose limits in the guest differ from the record: they are restored when the agent returns.</summary>
    public ImmutableHashSet<string> ToRestore { get; init; } = [];

    /// <summary>Without containers that are not on record.</summary>
    public Observed Within(SandboxRecord record) => this with
    {
        Quotas = Quotas.Within(record),
        ToRestore = ToRestore.Intersect(record.Containers.Keys),
    };
}

using System.Collections.Immutable;
using KataActors.Cgroups;

namespace KataActors.Runtime.Sandboxes;

/// <summary>What a <see cref="LimitsRound"/> waits for.</summary>
internal enum LimitsStep
{
    /// <summary>The vCPU threads are asked for.</summary>
    Query,

    /// <summary>The guest is to enforce a container's quota, or not to.</summary>
    Quota,

    /// <summary>vCPUs are plugged or unplugged.</summary>
    Set,

    /// <summary>The guest takes vCPUs into use, or out of it.</summary>
    Guest,

    /// <summary>The host cgroups get threads and limits.</summary>
    Apply,
}

/// <summary>
/// One round of bringing vCPUs and host cgroups to what the record says. New threads are put into their group before anything else happens, but for a
/// sandbox that is being made: there the guest works unlimited until the end. A limit is in force before a vCPU is taken away. The guest enforces a quota before the
/// host ceases to do so alone, and ceases after the host has begun (<see cref="GuestQuotas"/>).
/// <code>
/// more vCPUs:  Query ▶ Set ▶ Apply ▶ Guest         of a sandbox being made:  Set ▶ Guest ▶ Apply
/// fewer:       Query ▶ Apply ▶ Guest ▶ Set ▶ Apply       as many:  Query ▶ Apply
/// where needed:  … ▶ Quota (set) ▶ Apply ▶ … ▶ Quota (lift)
/// </code>
/// </summary>
internal sealed class LimitsRound(int wanted, bool makesSandbox, ImmutableArray<Action<LimitsResult>> waiters)
{
    /// <summary>So many vCPUs.</summary>
    public int Wanted { get; } = wanted;

    /// <summary>The sandbox is being made.</summary>
    public bool MakesSandbox { get; } = makesSandbox;

    /// <summary>Who is told of the end.</summary>
    public ImmutableArray<Action<LimitsResult>> Waiters { get; } = waiters;

    /// <summary>What it waits for.</summary>
    public LimitsStep Step { get; set; }

    /// <summary>It has tried to plug vCPUs.</summary>
    public bool Plugged { get; set; }

    /// <summary>It has tried to unplug vCPUs.</summary>
    public bool Unplugged { get; set; }

    /// <summary>It has asked the guest.</summary>
    public bool GuestAsked { get; set; }

    /// <summary>The groups hold the threads that there are.</summary>
    public bool Applied { get; set; }

    /// <summary>The host's CPU limit must stay as it is, since the guest could not be told to enforce what it would not hold any more.</summary>
    public bool KeepsLimit { get; set; }

    /// <summary>The host's CPU limit that was asked for, as the kernel gets it.</summary>
    public CpuLimit? Target { get; set; }

    /// <summary>The host's CPU limit that is in force; null also when that is not known.</summary>
    public CpuLimit? InForce { get; set; }

    /// <summary>The guest does not lift quotas.</summary>
    public bool LiftFailed { get; set; }

    /// <summary>vCPUs before the last change of them.</summary>
    public int Before { get; set; }

    /// <summary>vCPUs that were plugged.</summary>
    public int New { get; set; }

    /// <summary>What went wrong first.</summary>
    public Failure? Failure { get; set; }

    /// <summary>What could not be done although the limits hold.</summary>
    public List<string> Warnings { get; } = [];
}

/// <summary>The end of a <see cref="LimitsRound"/>.</summary>
/// <param name="Failure">Why the record is not followed; null when it is.</param>
/// <param name="Warnings">What could not be done although the limits hold.</param>
internal sealed record LimitsResult(Failure? Failure, ImmutableArray<string> Warnings);

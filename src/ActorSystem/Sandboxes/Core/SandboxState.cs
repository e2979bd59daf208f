using System.Collections.Immutable;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>The state that decisions depend on: a value.</summary>
internal sealed record SandboxState
{
    /// <summary>Before the first event.</summary>
    public static readonly SandboxState Empty = new();

    /// <summary>The record, computed from the events.</summary>
    public SandboxRecord Record { get; init; } = SandboxRecord.Empty;

    /// <summary>The running operations.</summary>
    public ImmutableSortedDictionary<int, Operation> Operations { get; init; } = ImmutableSortedDictionary<int, Operation>.Empty;

    /// <summary>Observations of VM, guest and cgroups.</summary>
    public Observed Seen { get; init; } = new();

    /// <summary>The rounds of limits.</summary>
    public LimitRounds Rounds { get; init; } = new();

    /// <summary>The number of operations begun so far.</summary>
    public int Begun { get; init; }
}

/// <summary>The other facts that a decision depends on: the settings, and the outside as the shell observes it.</summary>
/// <param name="Registration">The sandbox.</param>
/// <param name="Settings">The configuration.</param>
/// <param name="Now">The wall clock, for the record only.</param>
/// <param name="Outside">The outside.</param>
internal sealed record SandboxContext(SandboxRegistration Registration, SandboxSettings Settings, DateTimeOffset Now, Outside Outside);

/// <summary>The outside as the shell observes it.</summary>
internal sealed record Outside
{
    /// <summary>Whether events are persisted.</summary>
    public bool IsJournaled { get; init; } = true;

    /// <summary>The host's boot id.</summary>
    public string BootId { get; init; } = "";

    /// <summary>Whether the agent answers.</summary>
    public bool AgentConnected { get; init; }

    /// <summary>Whether the hypervisor actor has a VM.</summary>
    public bool HoldsVm { get; init; }

    /// <summary>All uuids under which a VM of this sandbox may run.</summary>
    public ImmutableArray<Guid> VmUuids { get; init; } = [];

    /// <summary>The pool VM whose cgroup in the pool is still to be removed; null for none.</summary>
    public Guid? PoolGroup { get; init; }

    /// <summary>Whether the sandbox owns unmarked cgroups of its name, because no record tells their place.</summary>
    public bool TakesUnmarkedCgroups { get; init; }

    /// <summary>Containers with an actor.</summary>
    public ImmutableHashSet<string> Attended { get; init; } = [];

    /// <summary>Containers whose stand-in has ended.</summary>
    public ImmutableHashSet<string> StandInsGone { get; init; } = [];
}

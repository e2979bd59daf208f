using System.Collections.Immutable;

namespace KataActors.Runtime.Sandboxes.Core;

/// <summary>All that decisions depend on and that outlives one: a value.</summary>
internal sealed record SandboxState
{
    /// <summary>Before the first event.</summary>
    public static readonly SandboxState Empty = new();

    /// <summary>The events, folded.</summary>
    public SandboxRecord Record { get; init; } = SandboxRecord.Empty;

    /// <summary>The operations that run.</summary>
    public ImmutableSortedDictionary<int, Operation> Operations { get; init; } = ImmutableSortedDictionary<int, Operation>.Empty;

    /// <summary>What was learned of VM, guest and cgroups.</summary>
    public Observed Seen { get; init; } = new();

    /// <summary>The rounds in which limits are applied.</summary>
    public LimitRounds Rounds { get; init; } = new();

    /// <summary>How many operations have begun.</summary>
    public int Begun { get; init; }
}

/// <summary>What a decision depends on beside the state: the settings, and what the shell sees of the outside.</summary>
/// <param name="Registration">The sandbox.</param>
/// <param name="Settings">The configuration.</param>
/// <param name="Now">The wall clock, for the record only.</param>
/// <param name="Outside">The outside.</param>
internal sealed record SandboxContext(SandboxRegistration Registration, SandboxSettings Settings, DateTimeOffset Now, Outside Outside);

/// <summary>The outside as the shell sees it.</summary>
internal sealed record Outside
{
    /// <summary>Events are persisted.</summary>
    public bool IsJournaled { get; init; } = true;

    /// <summary>The host's boot.</summary>
    public string BootId { get; init; } = "";

    /// <summary>The agent answers.</summary>
    public bool AgentConnected { get; init; }

    /// <summary>The hypervisor's actor knows of a VM.</summary>
    public bool HoldsVm { get; init; }

    /// <summary>The uuids under which a VM of this sandbox may run.</summary>
    public ImmutableArray<Guid> VmUuids { get; init; } = [];

    /// <summary>The VM of the pool whose cgroup there is still to be removed; null for none.</summary>
    public Guid? PoolGroup { get; init; }

    /// <summary>Nothing tells where the cgroups of the sandbox are: those of its name are its own.</summary>
    public bool TakesUnmarkedCgroups { get; init; }

    /// <summary>The containers that have an actor.</summary>
    public ImmutableHashSet<string> Attended { get; init; } = [];

    /// <summary>The containers whose stand-in has ended.</summary>
    public ImmutableHashSet<string> StandInsGone { get; init; } = [];
}

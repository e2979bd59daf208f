using System.Collections.Immutable;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>The state that the factory's decisions depend on: a value.</summary>
internal sealed record FactoryState
{
    private static readonly TimeSpan s_firstMakingPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestMakingPause = TimeSpan.FromMinutes(10);

    /// <summary>The factory's phase.</summary>
    public FactoryPhase Phase { get; init; } = FactoryPhase.Looking;

    /// <summary>Waiting requests in order of arrival.</summary>
    public ImmutableList<WaitingRequest> Waiting { get; init; } = [];

    /// <summary>Granted boots by sandbox.</summary>
    public ImmutableSortedDictionary<Guid, Boot> Boots { get; init; } = ImmutableSortedDictionary<Guid, Boot>.Empty;

    /// <summary>VMs without a sandbox, the oldest first.</summary>
    public ImmutableList<FactoryVm> Vms { get; init; } = [];

    /// <summary>The target size of the pool.</summary>
    public PoolGoal Pool { get; init; } = new(Target: 0);

    /// <summary>The template.</summary>
    public TemplateLife Template { get; init; } = new TemplateLife.Off();

    /// <summary>Whether the template has an actor.</summary>
    public bool HasTemplateActor { get; init; }

    /// <summary>The number of looks at the template's files so far.</summary>
    public int Looks { get; init; }

    /// <summary>The attempts to make a template. An attempt delays the requests that wait for it, so even the first pause is long.</summary>
    public Pauses Makings { get; init; } = new(s_firstMakingPause, s_longestMakingPause);

    /// <summary>Whether the next attempt is scheduled. An attempt by hand before it does not postpone it.</summary>
    public bool IsNextMakingSet { get; init; }

    /// <summary>Requesters that wait for progress of the template.</summary>
    public ImmutableList<ProgressRequest> ProgressRequests { get; init; } = [];

    /// <summary>Requesters of a destruction; null for none.</summary>
    public ImmutableList<Requester>? Destroyers { get; init; }

    /// <summary>The requester that waits for the end of the pool.</summary>
    public Requester? PoolEndRequester { get; init; }

    /// <summary>The grants so far.</summary>
    public FactoryCounts Counts { get; init; } = FactoryCounts.Zero;

    /// <summary>Whether a destruction is under way.</summary>
    public bool IsBeingDestroyed => Destroyers is not null;

    /// <summary>The pool VMs, including those that boot or end.</summary>
    public IEnumerable<FactoryVm> Pooled => Vms.Where(vm => vm.IsPooled);

    /// <summary>The number of pool VMs that have booted.</summary>
    public int PoolReady => Pooled.Count(vm => vm.HasBooted);

    /// <summary>The number of pool VMs that have not booted yet.</summary>
    public int PoolBooting => Pooled.Count(vm => !vm.HasBooted);

    /// <summary>Whether there is no pool VM, including those that boot or end.</summary>
    public bool IsPoolEmpty => !Pooled.Any();

    /// <summary>The boots that count for a request; boots of pool VMs do not.</summary>
    public int BootsAhead => Boots.Count + (Template is TemplateLife.Making ? 1 : 0);

    /// <summary>All boots.</summary>
    public int AllBoots => BootsAhead + PoolBooting;

    /// <summary>The clones that have not booted yet; they need the template's files.</summary>
    public int ClonesStarting => Boots.Values.Count(boot => boot.Source == VmSources.Template) + Vms.Count(vm => vm.BootSource == VmSources.Template);

    /// <summary>A VM by its uuid; null for a VM that is not the factory's.</summary>
    public FactoryVm? Find(Guid uuid) => Vms.Find(vm => vm.Uuid == uuid);

    /// <summary>The state with a new or changed VM.</summary>
    public FactoryState With(FactoryVm vm) => Find(vm.Uuid) is { } old ? this with { Vms = Vms.Replace(old, vm) } : this with { Vms = Vms.Add(vm) };

    /// <summary>The state without a VM.</summary>
    public FactoryState Without(Guid uuid) => this with { Vms = Vms.RemoveAll(vm => vm.Uuid == uuid) };
}

/// <summary>The phases of a factory.</summary>
internal enum FactoryPhase
{
    /// <summary>The look for VMs of an earlier daemon is under way.</summary>
    Looking,

    /// <summary>The VMs of an earlier daemon are torn down.</summary>
    Sweeping,

    /// <summary>Requests are served.</summary>
    Serving,

    /// <summary>The daemon is about to end: no request is served.</summary>
    Leaving,
}

/// <summary>A waiting request.</summary>
internal sealed record WaitingRequest(RequestVm Request, Requester Requester)
{
    /// <summary>The sandbox's uuid.</summary>
    public Guid Sandbox => Request.Identity.Uuid;
}

/// <summary>The boot of a granted VM.</summary>
/// <param name="Source">One of <see cref="VmSources"/>.</param>
/// <param name="Requester">The sandbox's actor; it is watched.</param>
internal sealed record Boot(string Source, Requester Requester);

/// <summary>A requester that waits for progress of the template.</summary>
/// <param name="Requester">The requester.</param>
/// <param name="KnownStep">The last step that it was told.</param>
internal sealed record ProgressRequest(Requester Requester, string KnownStep);

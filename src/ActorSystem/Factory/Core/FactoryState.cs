using System.Collections.Immutable;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory.Core;

/// <summary>All that the factory's decisions depend on and that outlives one: a value.</summary>
internal sealed record FactoryState
{
    private static readonly TimeSpan s_firstMakingPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longestMakingPause = TimeSpan.FromMinutes(10);

    /// <summary>Where it is in its own life.</summary>
    public FactoryPhase Phase { get; init; } = FactoryPhase.Looking;

    /// <summary>Requests that wait, in the order of their arrival.</summary>
    public ImmutableList<WaitingRequest> Waiting { get; init; } = [];

    /// <summary>By sandbox: the boots that were granted.</summary>
    public ImmutableSortedDictionary<Guid, Boot> Boots { get; init; } = ImmutableSortedDictionary<Guid, Boot>.Empty;

    /// <summary>The VMs that no sandbox owns, the oldest first.</summary>
    public ImmutableList<FactoryVm> Vms { get; init; } = [];

    /// <summary>How the pool is filled.</summary>
    public PoolGoal Pool { get; init; } = new(Target: 0);

    /// <summary>The template.</summary>
    public TemplateLife Template { get; init; } = new TemplateLife.Off();

    /// <summary>Whether the template has an actor.</summary>
    public bool HasTemplateActor { get; init; }

    /// <summary>How many looks at the template's files have begun.</summary>
    public int Looks { get; init; }

    /// <summary>The attempts at a template. One holds up the requests that wait for it, so that even the first pause is long.</summary>
    public Pauses Makings { get; init; } = new(s_firstMakingPause, s_longestMakingPause);

    /// <summary>Whether the next attempt at a template has its time already. An attempt by hand, before it, puts off nothing.</summary>
    public bool IsNextMakingSet { get; init; }

    /// <summary>The requesters that wait for progress with the template.</summary>
    public ImmutableList<ProgressRequest> ProgressRequests { get; init; } = [];

    /// <summary>The requesters that wait until everything is removed; null when nothing is to be.</summary>
    public ImmutableList<Requester>? Destroyers { get; init; }

    /// <summary>The requester that waits for the end of the pool.</summary>
    public Requester? PoolEndRequester { get; init; }

    /// <summary>What was granted so far.</summary>
    public FactoryCounts Counts { get; init; } = FactoryCounts.Zero;

    /// <summary>Whether the template and the pool are being removed.</summary>
    public bool IsBeingDestroyed => Destroyers is not null;

    /// <summary>The VMs of the pool, on their way in or out too.</summary>
    public IEnumerable<FactoryVm> Pooled => Vms.Where(vm => vm.IsPooled);

    /// <summary>VMs of the pool that have been ready.</summary>
    public int PoolReady => Pooled.Count(vm => vm.HasBooted);

    /// <summary>VMs of the pool that have not been ready yet.</summary>
    public int PoolBooting => Pooled.Count(vm => !vm.HasBooted);

    /// <summary>Whether the pool has no VM, nor one on its way in or out.</summary>
    public bool IsPoolEmpty => !Pooled.Any();

    /// <summary>The boots that another one has to wait for: those of the pool yield, and count for nothing.</summary>
    public int BootsAhead => Boots.Count + (Template is TemplateLife.Making ? 1 : 0);

    /// <summary>All that boots.</summary>
    public int AllBoots => BootsAhead + PoolBooting;

    /// <summary>The clones that have not booted, and so need the template's files.</summary>
    public int ClonesStarting => Boots.Values.Count(boot => boot.Source == VmSources.Template) + Vms.Count(vm => vm.BootSource == VmSources.Template);

    /// <summary>The VM of a uuid; null when it is none of the factory's.</summary>
    public FactoryVm? Find(Guid uuid) => Vms.Find(vm => vm.Uuid == uuid);

    /// <summary>With a VM in its new state, in the place of its old one.</summary>
    public FactoryState With(FactoryVm vm) => Find(vm.Uuid) is { } old ? this with { Vms = Vms.Replace(old, vm) } : this with { Vms = Vms.Add(vm) };

    /// <summary>Without a VM.</summary>
    public FactoryState Without(Guid uuid) => this with { Vms = Vms.RemoveAll(vm => vm.Uuid == uuid) };
}

/// <summary>Where a factory is in its life.</summary>
internal enum FactoryPhase
{
    /// <summary>The host is being looked at for VMs of an earlier daemon.</summary>
    Looking,

    /// <summary>Those are being torn down.</summary>
    Sweeping,

    /// <summary>Requests are served.</summary>
    Serving,

    /// <summary>The daemon is about to end: nothing is served any more.</summary>
    Leaving,
}

/// <summary>A request that waits.</summary>
internal sealed record WaitingRequest(RequestVm Request, Requester Requester)
{
    /// <summary>The sandbox's uuid.</summary>
    public Guid Sandbox => Request.Identity.Uuid;
}

/// <summary>The boot of a VM that was granted.</summary>
/// <param name="Source">What boots: one of <see cref="VmSources"/>.</param>
/// <param name="Requester">The sandbox's actor, which is watched.</param>
internal sealed record Boot(string Source, Requester Requester);

/// <summary>A requester that waits for progress with the template.</summary>
/// <param name="Requester">The requester.</param>
/// <param name="KnownStep">The step that it was told last.</param>
internal sealed record ProgressRequest(Requester Requester, string KnownStep);

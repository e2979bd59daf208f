using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Factory;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Removes the pool cgroups of VMs that a sandbox has taken from the pool.</summary>
/// <param name="context">The context of the SandboxActor.</param>
/// <param name="cgroup">Makes the props of a CgroupActor.</param>
/// <param name="log">The log of the sandbox.</param>
internal sealed class PoolGroups(IActorContext context, Func<string, CgroupPlacement, Props> cgroup, ILoggingAdapter log)
{
    // Removals under way, and their requesters.
    private readonly Dictionary<Guid, List<IActorRef>> _requesters = [];

    private readonly HashSet<Guid> _gone = [];

    /// <summary>Whether the pool cgroup of a VM is gone, or left to the factory.</summary>
    public bool IsGone(Guid vm) => _gone.Contains(vm);

    /// <summary>The VM goes back to the factory, which removes its pool cgroup.</summary>
    public void LeaveToFactory(Guid vm) => _gone.Add(vm);

    /// <summary>Removes the pool cgroup of a VM, or joins a removal under way; the requester gets its result.</summary>
    public void Remove(Guid vm, IActorRef requester)
    {
        if (!_requesters.TryGetValue(vm, out var requesters))
        {
            _requesters[vm] = requesters = [];
            context.ActorOf(PoolGroupActor.Props(vm, cgroup), context.FreeName("pool-group"));
        }

        requesters.Add(requester);
    }

    /// <summary>A removal has ended.</summary>
    public void OnGone(PoolGroupActor.Gone gone)
    {
        if (gone.Problem is { } problem)
        {
            log.Warning("the cgroup of a pool VM is left: {0}", problem);
        }
        else
        {
            _gone.Add(gone.Uuid);
        }

        if (_requesters.Remove(gone.Uuid, out var requesters))
        {
            requesters.ForEach(requester => requester.Tell(gone));
        }
    }
}

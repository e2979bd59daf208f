using Akka.Actor;
using KataActors.Cgroups;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Removes the host cgroups in which a VM of the pool has waited, tells its parent (<see cref="Gone"/>) and stops. A teardown makes it, and so does the sandbox that has
/// taken the VM, after it has put all threads into its own groups: a removal moves what it finds out of the way, and would take back what is just being placed.
/// </summary>
internal sealed class PoolGroupActor : UntypedActor
{
    private readonly Guid _uuid;
    private readonly Func<Props> _make;
    private readonly IActorRef _groups;

    public PoolGroupActor(Guid uuid, Func<Props> make, IActorRef groups)
    {
        _uuid = uuid;
        _make = make;
        _groups = groups;
    }

    /// <param name="uuid">The VM's.</param>
    /// <param name="make">The CgroupActor of a name, and where its groups are.</param>
    public static Props Props(Guid uuid, Func<string, CgroupPlacement, Props> make) => Props(uuid, GroupsOf(uuid, make), ActorRefs.Nobody);

    /// <param name="uuid">The VM's.</param>
    /// <param name="make">The CgroupActor of its groups.</param>
    /// <param name="groups">The CgroupActor that may be at work on them; Nobody when there is none.</param>
    public static Props Props(Guid uuid, Func<Props> make, IActorRef groups) => Akka.Actor.Props.Create(() => new PoolGroupActor(uuid, make, groups));

    /// <summary>How the CgroupActor of the groups of a VM of the pool is made.</summary>
    /// <param name="uuid">The VM's.</param>
    /// <param name="make">The CgroupActor of a name, and where its groups are.</param>
    public static Func<Props> GroupsOf(Guid uuid, Func<string, CgroupPlacement, Props> make) => () => make(FactoryDirectory.CgroupOf(uuid), FactoryDirectory.Cgroups);

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        var groups = Context.Watch(_groups.IsNobody() ? Context.ActorOf(_make(), "cgroup") : _groups);
        groups.Tell(new CgroupProtocol.Destroy());
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CgroupProtocol.Destroyed or CgroupFailure { Kind: CgroupFailureKind.Unimplemented }:
                End(null);
                break;
            case CgroupFailure failure:
                End(failure.Message);
                break;
            case Terminated:
                End("its actor failed");
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void End(string? problem)
    {
        Context.Parent.Tell(new Gone(_uuid, problem));
        Context.Stop(Self);
    }

    /// <summary>Event for the parent: it is over.</summary>
    /// <param name="Uuid">The VM's.</param>
    /// <param name="Problem">Why the groups are left; null when they are gone.</param>
    public sealed record Gone(Guid Uuid, string? Problem);
}

using Akka.Actor;
using KataActors.Cgroups;

namespace KataActors.Runtime.Factory;

/// <summary>
/// Removes the pool cgroups of a VM, tells its parent (<see cref="Gone"/>) and stops. A teardown creates it. So does the sandbox that has taken the
/// VM over, after all threads are in its own groups: a removal moves the threads that it finds, and would undo a placement under way.
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

    /// <param name="uuid">The VM's uuid.</param>
    /// <param name="make">Makes the CgroupActor of a name and a placement.</param>
    public static Props Props(Guid uuid, Func<string, CgroupPlacement, Props> make) => Props(uuid, GroupsOf(uuid, make), ActorRefs.Nobody);

    /// <param name="uuid">The VM's uuid.</param>
    /// <param name="make">Makes the CgroupActor of its groups.</param>
    /// <param name="groups">A CgroupActor that may be at work on them; Nobody for none.</param>
    public static Props Props(Guid uuid, Func<Props> make, IActorRef groups) => Akka.Actor.Props.Create(() => new PoolGroupActor(uuid, make, groups));

    /// <summary>Makes the CgroupActor of a VM's pool cgroups.</summary>
    /// <param name="uuid">The VM's uuid.</param>
    /// <param name="make">Makes the CgroupActor of a name and a placement.</param>
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
            case CgroupProtocol.Destroyed or CgroupFailure { Failure.Code: FailureCode.Unimplemented }:
                End(null);
                break;
            case CgroupFailure failure:
                End(failure.Failure.Message);
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

    /// <summary>Event for the parent: the removal is over.</summary>
    /// <param name="Uuid">The VM's uuid.</param>
    /// <param name="Problem">Why groups are left; null for success.</param>
    public sealed record Gone(Guid Uuid, string? Problem);
}

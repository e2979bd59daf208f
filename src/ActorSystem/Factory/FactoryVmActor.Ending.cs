using Akka.Actor;
using Akka.Event;
using KataActors.Runtime.Teardown;
using static KataActors.Runtime.Factory.FactoryVmProtocol;

namespace KataActors.Runtime.Factory;

// The end of a VM that no sandbox has taken over: a teardown. If it fails, the parent or the next daemon continues it.
internal sealed partial class FactoryVmActor
{
    private void Ending(object message)
    {
        switch (message)
        {
            case TeardownActor.Gone:
                Conclude();
                break;
            case TeardownActor.Delayed:
                Leave();
                break;
            case Terminated { ActorRef.Path.Name: TeardownName }:
                _log.Error("the teardown of a VM of the factory failed");
                Leave();
                break;
            default:
                // Stale replies of resource actors.
                break;
        }
    }

    private void Finish(string reason)
    {
        _end = new Lost(_config.Uuid, reason);
        TearDown();
    }

    private void TearDown()
    {
        Timers.CancelAll();
        Become(Ending);
        Context.Watch(Context.ActorOf(TeardownActor.Props(Remains()), TeardownName));
    }

    private VmRemains Remains() => new(_config.Uuid, _config.QemuPath, [_config.RunDirectory])
    {
        Hypervisor = _hypervisor,
        MakeGroups = _cgroup.IsNobody() ? null : PoolGroupActor.GroupsOf(_config.Uuid, _make.Cgroup),
        Groups = Context.Child(CgroupName),
        CrashPoints = _make.CrashPoints,
        StopDeadline = _deadlines.Stop,
        StepDeadline = _deadlines.Step,
    };

    private void Leave()
    {
        _end = _end is Lost lost ? lost with { IsLeft = true } : _end;
        Conclude();
    }

    private void Conclude()
    {
        Context.Parent.Tell(_end);
        Context.Stop(Self);
    }
}

using Akka.Actor;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

// The end of VMs that nobody has: those of an earlier daemon, and those that are given back.
internal sealed partial class FactoryActor
{
    private readonly HashSet<Guid> _ending = [];
    private HashSet<Guid> _sweeping = [];

    private bool OnEnding(object message)
    {
        switch (message)
        {
            case Swept swept:
                _sweeping = [.. swept.Left];
                foreach (var uuid in swept.Left)
                {
                    End(uuid);
                }

                BeginServingWhenSwept();
                return true;
            case EndVm end:
                End(end.Vm);
                return true;
            case LeftVmStopped stopped:
                OnEnded(stopped.Vm);
                return true;
            default:
                return false;
        }
    }

    private void End(Guid uuid)
    {
        if (_ending.Add(uuid))
        {
            var actor = Context.ActorOf(LeftVmActor.Props(uuid, _services.Directory, _services.Children.Cgroup), $"left-{uuid:N}");
            Context.WatchWith(actor, new LeftVmStopped(uuid));
        }
    }

    private void OnEnded(Guid uuid)
    {
        _ending.Remove(uuid);
        TellPoolsEnd();
        if (_sweeping.Remove(uuid))
        {
            BeginServingWhenSwept();
        }
    }

    private void BeginServingWhenSwept()
    {
        if (_sweeping.Count == 0 && _awaitsPoolsEnd is null)
        {
            BeginServing();
        }
    }

    private sealed record LeftVmStopped(Guid Vm);
}

using Akka.Actor;
using Akka.Event;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Factory;

// The end of VMs that nobody has: those of an earlier daemon, those that are given back, and those whose sandbox stops before it has taken them.
internal sealed partial class FactoryActor
{
    // By VM: handed over, and not taken yet. Its asker is watched.
    private readonly Dictionary<Guid, Handed> _handed = [];

    // Those whose end has not failed once.
    private readonly HashSet<Guid> _ending = [];
    private HashSet<Guid> _sweeping = [];

    private bool OnEnding(object message)
    {
        switch (message)
        {
            case Swept swept:
                // One that an earlier incarnation of this actor handed over may have become its sandbox's meanwhile.
                _sweeping = [.. swept.Left.Where(uuid => Directory.Exists(_services.Directory.Of(uuid)))];
                foreach (var uuid in _sweeping)
                {
                    End(uuid);
                }

                BeginServingWhenSwept();
                return true;
            case VmTaken taken:
                LetGo(taken.Vm);
                return true;
            case EndVm end:
                LetGo(end.Vm);
                End(end.Vm);
                return true;
            case LeftVmActor.Delayed delayed:
                OnTried(delayed.Vm);
                return true;
            case LeftVmStopped stopped:
                OnTried(stopped.Vm);
                return true;
            default:
                return false;
        }
    }

    private void LetGo(Guid uuid)
    {
        if (_handed.Remove(uuid, out var handed))
        {
            Context.Unwatch(handed.Asker);
        }
    }

    private void EndHanded(Guid sandbox)
    {
        foreach (var uuid in _handed.Where(handed => handed.Value.Sandbox == sandbox).Select(handed => handed.Key).ToArray())
        {
            _log.Warning("the VM {0} of the pool is ended: the sandbox that it was handed to has stopped", uuid);
            _handed.Remove(uuid);
            End(uuid);
        }
    }

    private void End(Guid uuid)
    {
        var name = $"left-{uuid:N}";
        if (Context.Child(name).IsNobody())
        {
            _ending.Add(uuid);
            Context.WatchWith(Context.ActorOf(LeftVmActor.Props(uuid, _services.Directory, _services.Children.Cgroup), name), new LeftVmStopped(uuid));
        }
    }

    private void OnTried(Guid uuid)
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

    private sealed record Handed(Guid Sandbox, IActorRef Asker);

    private sealed record LeftVmStopped(Guid Vm);
}

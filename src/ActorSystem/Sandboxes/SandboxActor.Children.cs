using Akka.Actor;
using Akka.Event;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

// The children: created on demand, and replaced after a failure. A fresh child adopts the resource of the failed one.
internal sealed partial class SandboxActor
{
    private const int FailuresAllowed = 5;
    private static readonly TimeSpan s_failureWindow = TimeSpan.FromMinutes(1);

    private readonly Dictionary<ResourceKind, IActorRef> _children = [];
    private readonly Dictionary<string, IActorRef> _containers = [];
    private readonly Queue<long> _failures = new();

    // Called before each command to the child.
    private IActorRef Child(ResourceKind kind)
    {
        _services.CrashPoints.Pass();
        if (!_children.TryGetValue(kind, out var child))
        {
            var made = _services.Children;
            child = Context.ActorOf(
                kind switch
                {
                    ResourceKind.Hypervisor => made.Hypervisor(),
                    ResourceKind.Cgroup => made.Cgroup(_registration.HostName, GroupsPlace()),
                    ResourceKind.Storage => made.Storage(_runDirectory),
                    _ => made.Agent(),
                },
                FreeName(NameOf(kind)));
            Context.WatchWith(child, new ChildStopped(kind, child));
            _children[kind] = child;
        }

        return child;
    }

    private CgroupPlacement GroupsPlace() =>
        _note?.Cgroups ?? (_state.Record.Exists ? _state.Record.Cgroups : CgroupPlacement.Default with { Owner = _registration.Uuid });

    private void StartContainerActor(ContainerRecord container)
    {
        var actor = Context.ActorOf(
            ContainerActor.Props(
                container.Key.Id, GuestPaths.IdOf(container.Key), Child(ResourceKind.Agent), container.StandIn, container.Status, Deadlines.AgentCall, Deadlines.Kill),
            FreeName($"container-{Uri.EscapeDataString(container.Key.Id)}"));
        Context.WatchWith(actor, new ContainerStopped(container.Key.Id, actor));
        _containers[container.Key.Id] = actor;
        if (_state.Record.VmEnded)
        {
            actor.Tell(new ContainerProtocol.VmEnded());
        }
    }

    private void StartContainerActors()
    {
        foreach (var container in _state.Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating && !_containers.ContainsKey(container.Key.Id)))
        {
            StartContainerActor(container);
        }
    }

    private void StopChild(ResourceKind kind)
    {
        if (_children.Remove(kind, out var child))
        {
            Context.Unwatch(child);
            Context.Stop(child);
            Runner.Lose(child, NameOf(kind));
            AnswerInspectionsWithout(kind);
        }
    }

    // The answers of an actor that has stopped will not come.
    private void AnswerInspectionsWithout(ResourceKind kind)
    {
        if (kind is ResourceKind.Agent or ResourceKind.Cgroup && _inspections.Count > 0)
        {
            AnswerInspections(null);
        }
    }

    private void StopContainerActor(string id, string failed = "container")
    {
        if (_containers.Remove(id, out var actor))
        {
            Context.Unwatch(actor);
            Context.Stop(actor);
            Runner.Lose(actor, failed);
        }
    }

    private bool OnChildEvent(object message)
    {
        switch (message)
        {
            case ChildStopped stopped when _children.TryGetValue(stopped.Kind, out var child) && child.Equals(stopped.Child):
                _children.Remove(stopped.Kind);
                Runner.Lose(stopped.Child, NameOf(stopped.Kind));
                Replace(stopped.Kind);
                return true;
            case ContainerStopped stopped when _containers.TryGetValue(stopped.Id, out var actor) && actor.Equals(stopped.Child):
                _containers.Remove(stopped.Id);
                Runner.Lose(stopped.Child, "container");
                ReplaceContainer(stopped.Id);
                return true;
            case ChildStopped stopped:
                _departing.Remove(stopped.Child);
                return true;
            case ContainerStopped:
                return true;
            case Terminated terminated:
                return OnChildEvent(DeathOf(terminated.ActorRef));
            default:
                return false;
        }
    }

    // A Terminated that was stashed during a write comes back without its own message, even for a child that is not watched any more; for an unknown
    // child it is ignored.
    private object DeathOf(IActorRef actor) => _containers.FirstOrDefault(container => container.Value.Equals(actor)) is { Value: not null } container
        ? new ContainerStopped(container.Key, actor)
        : new ChildStopped(_children.FirstOrDefault(child => child.Value.Equals(actor)).Key, actor);

    private void Replace(ResourceKind kind)
    {
        _log.Warning("the {0} actor of the sandbox failed; a fresh one takes over", kind);
        AnswerInspectionsWithout(kind);
        if (FailsTooOften())
        {
            return;
        }

        // Before limits are applied again: a fresh agent actor is not connected yet.
        _agentConnected &= kind != ResourceKind.Agent;
        Decide(new VmFailed(new Failure(FailureCode.Internal, $"the {kind} actor failed")));
        if (_state.Record is { Vmm: { } vmm, VmEnded: false } && VmConfig is { } config && !IsBeingRemoved)
        {
            switch (kind)
            {
                case ResourceKind.Hypervisor:
                    Child(kind).Tell(new HypervisorProtocol.Adopt(config, vmm));
                    break;
                case ResourceKind.Agent:
                    Child(kind).Tell(new AgentProtocol.Connect(config.AgentSocket, Deadlines.AgentCall, Boots: false));
                    foreach (var container in _state.Record.Containers.Values.Where(container => _containers.ContainsKey(container.Key.Id)))
                    {
                        StopContainerActor(container.Key.Id, "agent");
                        StartContainerActor(container);
                    }

                    break;
            }
        }
    }

    private void ReplaceContainer(string id)
    {
        _log.Warning("the actor of container {0} failed; a fresh one takes over", id);
        if (!FailsTooOften() && _state.Record.Containers.TryGetValue(id, out var container))
        {
            StartContainerActor(container);
        }
    }

    // Repeated failures end the VM: a stopped sandbox with a stated reason can be deleted, and does not flap.
    private bool FailsTooOften()
    {
        var clock = _services.Clock;
        var now = clock.GetTimestamp();
        _failures.Enqueue(now);
        while (_failures.TryPeek(out var oldest) && clock.GetElapsedTime(oldest, now) > s_failureWindow)
        {
            _failures.Dequeue();
        }

        if (_failures.Count <= FailuresAllowed || _state.Record.VmEnded || IsBeingRemoved)
        {
            return false;
        }

        _log.Error("the actors of the sandbox failed {0} times within {1}; its VM is stopped", _failures.Count, s_failureWindow);
        Decide(new GiveUpVm("its actors failed repeatedly"));
        return true;
    }

    private static string NameOf(ResourceKind kind) => kind.ToString().ToLowerInvariant();

    private static string FreeName(string name)
    {
        var free = name;
        for (var number = 2; !Context.Child(free).IsNobody(); number++)
        {
            free = $"{name}~{number}";
        }

        return free;
    }

    private sealed record ChildStopped(ResourceKind Kind, IActorRef Child);

    private sealed record ContainerStopped(string Id, IActorRef Child);
}

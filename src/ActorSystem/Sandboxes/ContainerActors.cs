using Akka.Actor;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The actors of a sandbox's containers.</summary>
/// <param name="context">The context of the SandboxActor, their parent.</param>
/// <param name="shell">The SandboxActor.</param>
/// <param name="resources">The resource actors.</param>
/// <param name="pending">The effects that they carry out.</param>
/// <param name="deadlines">The deadlines of their work.</param>
internal sealed class ContainerActors(IActorContext context, ISandboxShell shell, ResourceActors resources, PendingEffects pending, SandboxDeadlines deadlines)
{
    private const string Name = "container";

    private readonly Dictionary<string, IActorRef> _actors = [];
    private readonly HashSet<string> _standInsGone = [];

    /// <summary>Containers with an actor.</summary>
    public IEnumerable<string> Attended => _actors.Keys;

    /// <summary>Containers whose stand-in has ended.</summary>
    public IEnumerable<string> StandInsGone => _standInsGone;

    /// <summary>The actor of a container; <see cref="ActorRefs.Nobody"/> for none.</summary>
    public IActorRef Of(string id) => _actors.GetValueOrDefault(id) ?? ActorRefs.Nobody;

    /// <summary>Forwards a command to the actor of its container, or refuses it.</summary>
    /// <param name="command">The command.</param>
    /// <param name="absent">Why a container has no actor.</param>
    public void Forward(IProcessMessage command, Func<string, Failure> absent)
    {
        if (_actors.TryGetValue(command.Key.Id, out var actor))
        {
            actor.Forward(command);
        }
        else
        {
            context.Sender.Tell(absent(command.Key.Id));
        }
    }

    /// <summary>Starts the actor of a container.</summary>
    public void Start(ContainerRecord container)
    {
        var id = container.Key.Id;
        var guest = new GuestAccess(resources.Of(ResourceKind.Agent), deadlines.AgentCall, deadlines.Kill);
        var actor = context.Watch(context.ActorOf(
            ContainerActor.Props(container, GuestPaths.IdOf(container.Key), guest),
            context.FreeName($"{Name}-{Uri.EscapeDataString(id)}")));
        _actors[id] = actor;
        if (shell.State.Record.VmEnded)
        {
            actor.Tell(new ContainerProtocol.VmEnded());
        }
    }

    /// <summary>Starts the missing actors of existing containers.</summary>
    public void StartMissing()
    {
        foreach (var container in shell.State.Record.Containers.Values.Where(container => container.Status != ContainerStatus.Creating && !_actors.ContainsKey(container.Key.Id)))
        {
            Start(container);
        }
    }

    /// <summary>Replaces all actors: the agent actor, which they use, has a successor.</summary>
    public void Renew()
    {
        foreach (var container in shell.State.Record.Containers.Values.Where(container => _actors.ContainsKey(container.Key.Id)))
        {
            Stop(container.Key.Id, ActorNames.Of(ResourceKind.Agent));
            Start(container);
        }
    }

    /// <summary>The container is gone.</summary>
    public void Forget(string id)
    {
        Stop(id, Name);
        _standInsGone.Remove(id);
    }

    /// <summary>The stand-in of a container has ended.</summary>
    public void OnStandInExited(string id) => _standInsGone.Add(id);

    /// <summary>An actor has stopped. Returns the container that has lost its actor; null for an unknown one.</summary>
    public string? OnStopped(IActorRef stopped)
    {
        foreach (var (id, actor) in _actors)
        {
            if (actor.Equals(stopped))
            {
                _actors.Remove(id);
                pending.Lose(actor, Name);
                return id;
            }
        }

        return null;
    }

    /// <summary>Sends a message to all actors.</summary>
    public void Tell(object message)
    {
        foreach (var actor in _actors.Values)
        {
            actor.Tell(message);
        }
    }

    private void Stop(string id, string lost)
    {
        if (_actors.Remove(id, out var actor))
        {
            context.Unwatch(actor);
            context.Stop(actor);
            pending.Lose(actor, lost);
        }
    }
}

using Akka.Actor;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The resource actors of a sandbox: created on demand, one of each kind.</summary>
/// <param name="context">The context of the SandboxActor, their parent.</param>
/// <param name="shell">The SandboxActor.</param>
/// <param name="registration">The sandbox.</param>
/// <param name="services">Makes their props.</param>
/// <param name="pending">The effects that they carry out.</param>
internal sealed class ResourceActors(IActorContext context, ISandboxShell shell, SandboxRegistration registration, SandboxServices services, PendingEffects pending)
{
    private readonly Dictionary<ResourceKind, IActorRef> _actors = [];

    // Dismissed actors that have not stopped yet.
    private readonly HashSet<IActorRef> _departing = [];

    /// <summary>Whether the agent actor is connected.</summary>
    public bool IsAgentConnected { get; set; }

    /// <summary>The actor of a resource; created when missing. Called before each command to it.</summary>
    public IActorRef Of(ResourceKind kind)
    {
        services.Children.CrashPoints.Pass();
        if (!_actors.TryGetValue(kind, out var actor))
        {
            actor = _actors[kind] = context.Watch(context.ActorOf(PropsOf(kind), context.FreeName(ActorNames.Of(kind))));
        }

        return actor;
    }

    /// <summary>Whether a resource has an actor.</summary>
    public bool Has(ResourceKind kind) => _actors.ContainsKey(kind);

    /// <summary>Whether an actor was dismissed: its last messages are stale.</summary>
    public bool IsDeparting(IActorRef actor) => _departing.Contains(actor);

    /// <summary>Stops an actor.</summary>
    public void Stop(ResourceKind kind)
    {
        IsAgentConnected &= kind != ResourceKind.Agent;
        if (_actors.TryGetValue(kind, out var actor))
        {
            context.Unwatch(actor);
            context.Stop(actor);
            Lose(kind, actor);
        }
    }

    /// <summary>Stops an actor, and ignores its last messages.</summary>
    public void Dismiss(ResourceKind kind)
    {
        if (_actors.TryGetValue(kind, out var actor))
        {
            _departing.Add(actor);
            context.Stop(actor);
            Lose(kind, actor);
        }
    }

    /// <summary>An actor has stopped. Returns the resource that has lost its actor; null for a dismissed or unknown one.</summary>
    public ResourceKind? OnStopped(IActorRef stopped)
    {
        _departing.Remove(stopped);
        foreach (var (kind, actor) in _actors)
        {
            if (actor.Equals(stopped))
            {
                Lose(kind, actor);
                return kind;
            }
        }

        return null;
    }

    private void Lose(ResourceKind kind, IActorRef actor)
    {
        _actors.Remove(kind);
        IsAgentConnected &= kind != ResourceKind.Agent;
        pending.Lose(actor, ActorNames.Of(kind));
    }

    private Props PropsOf(ResourceKind kind) => kind switch
    {
        ResourceKind.Hypervisor => services.Children.Hypervisor(),
        ResourceKind.Cgroup => services.Children.Cgroup(registration.HostName, shell.Cgroups),
        ResourceKind.Network => services.Children.Network(),
        ResourceKind.Storage => services.Children.Storage(services.Settings.SandboxDirectory(registration.HostName)),
        _ => services.Children.Agent(),
    };
}

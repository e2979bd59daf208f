using Akka.Actor;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The awaited effects of a sandbox. Each has a <see cref="ReplyAddress"/> and a deadline. The shell gets <see cref="Done"/> or <see cref="Overdue"/>
/// with the effect's id; after <see cref="Settle"/> every further one is stale.
/// </summary>
/// <param name="shell">The SandboxActor.</param>
/// <param name="timers">The owner of its timers.</param>
internal sealed class PendingEffects(IActorRef shell, IWithTimers timers)
{
    // By effect: the actor that received its command.
    private readonly Dictionary<EffectId, IActorRef> _actors = [];
    private readonly HashSet<EffectId> _pauses = [];

    /// <summary>Begins the wait for an effect. Returns the address for its reply.</summary>
    public IActorRef Begin(AwaitedEffect effect)
    {
        timers.Timers.StartSingleTimer(effect.Id, new Overdue(effect.Id), effect.Deadline);
        _actors[effect.Id] = ActorRefs.Nobody;
        if (effect is AwaitedEffect.Pause)
        {
            _pauses.Add(effect.Id);
        }

        return new ReplyAddress(shell, effect.Id);
    }

    /// <summary>Names the actor that carries out an effect: its end ends the wait.</summary>
    public void Assign(EffectId id, IActorRef actor) => _actors[id] = actor;

    /// <summary>Ends the wait for an effect. False for a stale reply.</summary>
    public bool Settle(EffectId id)
    {
        timers.Timers.Cancel(id);
        _pauses.Remove(id);
        return _actors.Remove(id);
    }

    /// <summary>Ends the pauses of finished operations.</summary>
    public void EndPauses(Func<int, bool> runs)
    {
        foreach (var id in _pauses.Where(id => !runs(id.Operation.Number)).ToArray())
        {
            Settle(id);
        }
    }

    /// <summary>An actor has stopped: its pending effects end with <see cref="ResourceLost"/>.</summary>
    public void Lose(IActorRef actor, string name)
    {
        foreach (var (id, _) in _actors.Where(pending => pending.Value.Equals(actor)))
        {
            shell.Tell(new Done(id, new ResourceLost(name)));
        }
    }
}

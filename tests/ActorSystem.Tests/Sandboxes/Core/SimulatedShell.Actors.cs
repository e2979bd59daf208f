using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

// What the actors of a sandbox tell it, their end, and what is lost with them.
internal sealed partial class SimulatedShell
{
    private const string Self = "self";

    /// <summary>Whether the actor of the hypervisor has to tell that QEMU has died.</summary>
    public bool HasDeath => Actors.Held is { HasEnded: true };

    /// <summary>The actor of the hypervisor tells it.</summary>
    public void TellDeath()
    {
        Actors.Held = null;
        News.Add(new SimulatedNews(NameOf(ResourceKind.Hypervisor), IsSent: true, () => new VmDied("it was killed")));
    }

    /// <summary>Carries out a command. Returns the input that its reply is; null for none, or for one that comes later.</summary>
    public Input? Answer(SimulatedCall call)
    {
        Calls.Remove(call);
        if (CarryOut(call) is not { } reply)
        {
            return Settle(call.Effect.Id) ? new Overdue(call.Effect.Id) : null;
        }

        if (call.IsRepeatable && random.Next(10) == 0)
        {
            CarryOut(call); // Twice does no harm.
        }

        var isLate = random.Next(4) == 0 || News.Exists(news => news.From == call.Actor);
        if (isLate)
        {
            News.Add(new SimulatedNews(call.Actor, IsSent: true, () => Take(call, reply)));
        }

        if (call.Effect is AwaitedEffect.Launch { Config.Template: not null } && Actors.Held is { Hangs: true } && random.Next(2) == 0)
        {
            News.Add(new SimulatedNews(call.Actor, IsSent: true, () => new VmUseless("it could not be restored")));
        }

        return isLate ? null : Take(call, reply);
    }

    /// <summary>A command is carried out, and its reply is lost.</summary>
    public object? CarryOut(SimulatedCall call) => call.IsToNobody
        ? null
        : Actors.CarryOut(call.Effect, isBeingStopped: Calls.Exists(other => other.Effect is AwaitedEffect.Ask { Command: HypervisorProtocol.Stop }));

    /// <summary>The actor of a resource fails. Returns the input that it is.</summary>
    public ResourceActorFailed Fail(ResourceKind kind)
    {
        StopChild(kind);
        _agentConnected &= kind != ResourceKind.Agent;
        return new ResourceActorFailed(kind);
    }

    /// <summary>The stand-in of a container that has an actor has ended, unnoticed until now. Returns the container; null for none.</summary>
    public string? NoticeStandIn()
    {
        var ended = _attended.FirstOrDefault(id => !host.StandIns.Contains(id) && !_standInsGone.Contains(id));
        _ = ended is not null && _standInsGone.Add(ended);
        return ended;
    }

    /// <summary>Whether the container has an actor, which reports the end of its process.</summary>
    public bool Attends(string container) => _attended.Contains(container);

    private static string NameOf(ResourceKind kind) => kind.ToString().ToLowerInvariant();

    private Input? Take(SimulatedCall call, object reply)
    {
        _ = reply is PoolGroupActor.Gone { Problem: null } gone && _poolGroupsGone.Add(gone.Uuid);
        return call.ToInput(reply);
    }

    private void Connect(VmConfig config)
    {
        Actors.Live.Add(ResourceKind.Agent);
        (Actors.Guest, Actors.IsReached, _silences) = (host.Vms.GetValueOrDefault(config.Uuid), false, 0);
        AwaitAgent();
    }

    private void AwaitAgent() => News.Add(new SimulatedNews(NameOf(ResourceKind.Agent), IsSent: false, Reach));

    private Input? Reach()
    {
        if (Actors.Guest is { HasEnded: false, IsPaused: true } && random.Next(8) > 0)
        {
            AwaitAgent();
            return null;
        }

        if (Actors.Guest is { HasEnded: false, IsPaused: false, Hangs: false })
        {
            (Actors.IsReached, _agentConnected) = (true, true);
            return new AgentReturned();
        }

        if (++_silences > 1)
        {
            return new AgentUnreachable("no answer");
        }

        AwaitAgent();
        return new AgentSilent(new Failure(FailureCode.DeadlineExceeded, "no answer"));
    }

    // Its last messages are stale.
    private void Dismiss(ResourceKind kind)
    {
        _agentConnected &= kind != ResourceKind.Agent;
        Drop(kind, keepsSent: false);
        Lose(NameOf(kind), NameOf(kind));
    }

    private void StopChild(ResourceKind kind)
    {
        Drop(kind, keepsSent: true);
        Lose(NameOf(kind), NameOf(kind));
    }

    private void StopAgent()
    {
        var hasAnswered = News.Exists(news => news is { From: "agent", IsSent: false }) && Actors.Guest is { HasEnded: false, IsPaused: false, Hangs: false };
        StopChild(ResourceKind.Agent);
        _agentConnected = false;
        if (hasAnswered && random.Next(4) == 0)
        {
            News.Add(new SimulatedNews(Self, IsSent: true, () =>
            {
                _agentConnected = true;
                return new AgentReturned();
            }));
        }
    }

    // What it was told is carried out, or not.
    private void Drop(ResourceKind kind, bool keepsSent)
    {
        foreach (var call in Calls.Where(call => call.Resource == kind).ToArray())
        {
            _ = random.Next(2) == 0 ? CarryOut(call) : null;
            Calls.Remove(call);
        }

        News.RemoveAll(news => news.From == NameOf(kind) && !(keepsSent && news.IsSent));
        Actors.Lose(kind);
    }

    private void Lose(string actor, string name)
    {
        var lost = _awaited.Where(awaited => awaited.Value == actor).Select(awaited => awaited.Key);
        foreach (var id in lost.OrderBy(id => id.Operation.Number).ThenBy(id => id.Serial))
        {
            News.Add(new SimulatedNews(Self, IsSent: true, () => Settle(id) ? new Done(id, new ResourceLost(name)) : null));
        }
    }
}

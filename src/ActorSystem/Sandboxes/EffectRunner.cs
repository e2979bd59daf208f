using Akka.Actor;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Teardown;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Carries out the effects of a sandbox's decisions. Each awaited effect has a <see cref="ReplyAddress"/> and a deadline. The shell gets
/// <see cref="Done"/> or <see cref="Overdue"/> with the effect's id; after <see cref="Settle"/> every further one is stale.
/// </summary>
/// <param name="shell">The SandboxActor.</param>
/// <param name="timers">The timers of the SandboxActor.</param>
/// <param name="actors">The resource actors.</param>
/// <param name="qemuPath">The QEMU program.</param>
internal sealed class EffectRunner(IActorRef shell, ITimerScheduler timers, IResourceActors actors, string qemuPath)
{
    // By effect: the actor that received its command.
    private readonly Dictionary<EffectId, IActorRef> _pending = [];
    private readonly HashSet<EffectId> _pauses = [];

    /// <summary>Carries out an awaited effect.</summary>
    public void Run(AwaitedEffect effect)
    {
        timers.StartSingleTimer(effect.Id, new Overdue(effect.Id), effect.Deadline);
        if (effect is AwaitedEffect.Pause)
        {
            _pauses.Add(effect.Id);
        }

        var replyTo = new ReplyAddress(shell, effect.Id);
        _pending[effect.Id] = effect switch
        {
            AwaitedEffect.Ask ask => Tell(actors.Resource(ask.Resource), ask.Command, replyTo),
            AwaitedEffect.AskContainer ask => Tell(actors.Container(ask.Container), ask.Command, replyTo),
            AwaitedEffect.Launch launch => Tell(
                actors.Resource(ResourceKind.Hypervisor), new HypervisorProtocol.Launch(launch.Config, actors.NetworkNamespaceOf(launch.Request)), replyTo),
            AwaitedEffect.Attach attach => Tell(
                actors.Resource(ResourceKind.Storage), attach.Command with { Descriptors = actors.TakeDescriptors(attach.Request) }, replyTo),
            AwaitedEffect.CreateSandbox create => Tell(
                actors.Resource(ResourceKind.Agent), new AgentProtocol.Invoke(null, actors.SandboxRequest(create), create.Timeout), replyTo),
            AwaitedEffect.RemovePoolGroup remove => RemovePoolGroup(remove.Vm, replyTo),
            AwaitedEffect.EndVms end => EndVms(end, replyTo),
            _ => ActorRefs.Nobody,
        };
    }

    /// <summary>Ends the wait for an effect. False for a stale reply.</summary>
    public bool Settle(EffectId id)
    {
        timers.Cancel(id);
        _pauses.Remove(id);
        return _pending.Remove(id);
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
        foreach (var (id, _) in _pending.Where(pending => pending.Value.Equals(actor)))
        {
            shell.Tell(new Done(id, new ResourceLost(name)));
        }
    }

    private static IActorRef Tell(IActorRef actor, object command, IActorRef replyTo)
    {
        actor.Tell(command, replyTo);
        return actor;
    }

    private IActorRef RemovePoolGroup(Guid vm, IActorRef replyTo)
    {
        actors.RemovePoolGroup(vm, replyTo);
        return ActorRefs.Nobody;
    }

    private IActorRef EndVms(AwaitedEffect.EndVms end, IActorRef replyTo)
    {
        RunningVms.EndAsync(end.Uuids, qemuPath).PipeTo(replyTo, success: () => new VmsEnded(), failure: e => new Failure(FailureCode.Internal, e.Message));
        return ActorRefs.Nobody;
    }
}

/// <summary>Access to the resource actors, and to the descriptors of requests.</summary>
internal interface IResourceActors
{
    /// <summary>The actor of a resource; created when missing.</summary>
    IActorRef Resource(ResourceKind kind);

    /// <summary>The actor of a container; <see cref="ActorRefs.Nobody"/> for none.</summary>
    IActorRef Container(string id);

    /// <summary>The network namespace from a request; null for none. The request keeps the ownership.</summary>
    SafeFileHandle? NetworkNamespaceOf(RequesterId request);

    /// <summary>The descriptors from a request; the ownership passes to the caller.</summary>
    DescriptorSet TakeDescriptors(RequesterId request);

    /// <summary>The agent request that creates the sandbox in the guest.</summary>
    CreateSandboxRequest SandboxRequest(AwaitedEffect.CreateSandbox effect);

    /// <summary>Removes the pool cgroup of a VM, or joins a removal under way; the requester gets its result.</summary>
    void RemovePoolGroup(Guid vm, IActorRef requester);
}

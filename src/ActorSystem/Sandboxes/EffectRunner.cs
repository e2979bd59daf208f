using Akka.Actor;
using Akka.Event;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Teardown;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Carries out the effects of a sandbox's decisions.</summary>
internal sealed class EffectRunner(
    IActorContext context,
    ISandboxShell shell,
    SandboxRegistration registration,
    SandboxServices services,
    PendingEffects pending,
    ResourceActors resources,
    ContainerActors containers,
    CreationRequests creations,
    PoolGroups poolGroups,
    DelayedCommands delayed,
    ILoggingAdapter log)
{
    /// <summary>Carries out an effect.</summary>
    public void Run(Effect effect)
    {
        switch (effect)
        {
            case AwaitedEffect awaited:
                services.Children.CrashPoints.Pass();
                pending.Assign(awaited.Id, Begin(awaited, pending.Begin(awaited)));
                break;
            case Effect.ReleaseMounts release:
                creations.ReleaseMounts(release.Request);
                break;
            case Effect.StepBegan began:
                creations.Measure(began);
                break;
            case Effect.StepEnded ended:
                creations.Measure(ended);
                break;
            case Effect.TellFactory tell:
                services.Children.CrashPoints.Pass();
                services.Factory.Tell(tell.Message);
                break;
            case Effect.EndBoot:
                services.Factory.Tell(new FactoryProtocol.BootEnded(registration.Uuid));
                break;
            case Effect.ReachGuest reach:
                resources.Of(ResourceKind.Agent).Tell(new AgentProtocol.Connect(reach.AgentSocket, reach.Deadline, reach.Boots));
                resources.Of(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.QueryVcpus());
                break;
            case Effect.AdoptVm adopt:
                resources.Of(ResourceKind.Hypervisor).Tell(new HypervisorProtocol.Adopt(adopt.Config, adopt.Vmm));
                break;
            case Effect.DropCgroups:
                resources.Of(ResourceKind.Cgroup).Tell(new CgroupProtocol.Destroy());
                break;
            case Effect.Dismiss dismiss:
                resources.Dismiss(dismiss.Resource);
                break;
            case Effect.LeaveAgent:
                resources.Stop(ResourceKind.Agent);
                break;
            case Effect.LeaveVm:
                LeaveVm();
                break;
            case Effect.AttendContainers:
                containers.StartMissing();
                break;
            case Effect.ReconnectAgent back:
                resources.Of(ResourceKind.Agent).Tell(new AgentProtocol.Connect(back.AgentSocket, back.Deadline, Boots: false));
                containers.Renew();
                break;
            case Effect.GiveBackVm { Vm: { Running: not null, IsTaken: false } vm }:
                // The factory ends it with its cgroup: it watches the SandboxActor, and owns a pool VM until its run directory has moved.
                services.Factory.Tell(new FactoryProtocol.EndVm(vm.Config.Uuid));
                poolGroups.LeaveToFactory(vm.Config.Uuid);
                break;
            case Effect.LeavePoolGroup when shell.PoolGroup is { } vm:
                services.Children.CrashPoints.Pass();
                poolGroups.Remove(vm, ActorRefs.Nobody);
                break;
            case Effect.FreeId free:
                context.Parent.Tell(new SandboxReports.ContainerGone(free.Container));
                break;
            case Effect.Leave:
                context.Parent.Tell(new SandboxReports.SandboxGone(registration.Uuid));
                context.Stop(context.Self);
                break;
            case Effect.TakeCommands:
                delayed.Release(context.Self);
                log.Info("the sandbox was taken over again");
                break;
        }
    }

    // Returns the actor with the command, whose end ends the wait.
    private IActorRef Begin(AwaitedEffect effect, IActorRef replyTo) => effect switch
    {
        AwaitedEffect.Ask ask => Tell(resources.Of(ask.Resource), ask.Command, replyTo),
        AwaitedEffect.AskContainer ask => Tell(containers.Of(ask.Container), ask.Command, replyTo),
        AwaitedEffect.Launch launch => Tell(
            resources.Of(ResourceKind.Hypervisor), new HypervisorProtocol.Launch(launch.Config, creations.NetworkNamespaceOf(launch.Request)), replyTo),
        AwaitedEffect.AskNetwork ask => Tell(
            resources.Of(ResourceKind.Network), ask.Command with { Namespace = creations.NetworkNamespaceOf(ask.Request) }, replyTo),
        AwaitedEffect.Attach attach => Tell(
            resources.Of(ResourceKind.Storage), attach.Command with { Descriptors = creations.TakeMounts(attach.Request) }, replyTo),
        AwaitedEffect.CreateSandbox create => Tell(
            resources.Of(ResourceKind.Agent), new AgentProtocol.Invoke(null, RequestOf(create), create.Timeout), replyTo),
        AwaitedEffect.RemovePoolGroup remove => RemovePoolGroup(remove.Vm, replyTo),
        AwaitedEffect.EndVms end => EndVms(end, replyTo),
        AwaitedEffect.SeekStandIn seek => Tell(replyTo, new StandInSeen(Runs(seek.StandIn)), context.Self),
        _ => ActorRefs.Nobody,
    };

    private static IActorRef Tell(IActorRef actor, object command, IActorRef replyTo)
    {
        actor.Tell(command, replyTo);
        return actor;
    }

    private static bool Runs(ProcessIdentity standIn)
    {
        try
        {
            return standIn.IsAlive();
        }
        catch (LinuxException)
        {
            // It is looked for again.
            return true;
        }
    }

    private CreateSandboxRequest RequestOf(AwaitedEffect.CreateSandbox effect)
    {
        var request = new CreateSandboxRequest
        {
            Hostname = effect.Hostname,
            SandboxId = effect.GuestId,
            Identity = GuestIdentities.New(registration.HostName, registration.Uuid),
        };
        request.Storages.Add(GuestShare.Storage());
        return request;
    }

    private IActorRef RemovePoolGroup(Guid vm, IActorRef replyTo)
    {
        poolGroups.Remove(vm, replyTo);
        return ActorRefs.Nobody;
    }

    private IActorRef EndVms(AwaitedEffect.EndVms end, IActorRef replyTo)
    {
        RunningVms.EndAsync(end.Uuids, services.Settings.Vm.QemuPath)
            .PipeTo(replyTo, success: () => new VmsEnded(), failure: e => new Failure(FailureCode.Internal, e.Message));
        return ActorRefs.Nobody;
    }

    private void LeaveVm()
    {
        resources.Stop(ResourceKind.Hypervisor);
        resources.Stop(ResourceKind.Agent);
        containers.StartMissing();
        containers.Tell(new ContainerProtocol.VmEnded());
    }
}

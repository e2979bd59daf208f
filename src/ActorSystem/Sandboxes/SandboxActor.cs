using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// One sandbox: its VM and the containers in it. The actor owns the actors of the VMM, the cgroups, the storage, the agent and the containers. It is
/// the shell of <see cref="Sandbox.On"/>, which makes all decisions: it turns messages into inputs, persists the events, carries out the effects and
/// sends the replies. So each intent is journaled before its effect, and each fact before its reply. The end of this actor leaves the resources
/// alone: they outlive it, and a fresh actor adopts them.
/// </summary>
internal sealed partial class SandboxActor : UntypedPersistentActor, IWithTimers, IResourceActors
{
    private const int LongestQueue = 1000;

    private readonly SandboxRegistration _registration;
    private readonly SandboxLife _life;
    private readonly SandboxServices _services;
    private readonly string _runDirectory;
    private readonly ILoggingAdapter _log;
    private readonly Dictionary<string, List<(IActorRef Asker, long Since, TimeSpan Wait)>> _waiters = [];
    private readonly Queue<(object Message, IActorRef Sender)> _delayed = new();
    private readonly SandboxReporter _reporter = new();
    private SandboxState _state = SandboxState.Empty;
    private CgroupProtocol.Status? _cgroupStatus;
    private bool _agentConnected;

    public SandboxActor(SandboxRegistration registration, SandboxLife life, SandboxServices services)
    {
        _registration = registration;
        _life = life;
        _services = services;
        _runDirectory = services.Settings.SandboxDirectory(registration.HostName);
        _log = Context.GetLogger().WithContext("Sandbox", registration.Key.Id);
        if (life == SandboxLife.Unread)
        {
            StayOffTheJournal();
        }
    }

    /// <inheritdoc/>
    public override string PersistenceId => _registration.PersistenceId;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private SandboxDeadlines Deadlines => _services.Settings.Deadlines;

    /// <param name="registration">The sandbox.</param>
    /// <param name="life">How the actor begins.</param>
    /// <param name="services">Shared by all SandboxActors.</param>
    public static Props Props(SandboxRegistration registration, SandboxLife life, SandboxServices services) =>
        Akka.Actor.Props.Create(() => new SandboxActor(registration, life, services));

    /// <summary>
    /// A failed child is stopped, never restarted, because its state is an external resource; <see cref="ChildStopped"/> decides about a successor.
    /// </summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case IContainerMessage and not WaitContainer when IsReconciling:
                Delay(message);
                break;
            case CreateContainer create:
                BeginCreation(create);
                break;
            case StartContainer start:
                Decide(new Start(start.Key.Id, Requester(new Started())));
                break;
            case DeleteContainer delete:
                Decide(new Delete(delete.Key.Id, delete.Force, Requester(new Deleted())));
                break;
            case UpdateContainer update:
                Decide(new Update(update.Key.Id, update.Change, Requester(new Updated([])).Id));
                break;
            case KillContainer or ReadOutput or WriteInput or CloseInput:
                ToContainer((IContainerMessage)message);
                break;
            default:
                Always(message);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        // A creation without a journaled intent has left nothing: its id is free before its reply.
        foreach (var creation in Creations.Where(creation => !_state.Record.Containers.ContainsKey(creation.Container)).DistinctBy(creation => creation.Container))
        {
            Context.Parent.Tell(new SandboxReports.ContainerGone(creation.Command.Container.Key));
        }

        AnswerRequesters($"the actor of sandbox \"{_registration.Key.Id}\" has stopped");
        foreach (var (_, sender) in _delayed)
        {
            sender.Tell(new Failure(FailureCode.Unavailable, $"the actor of sandbox \"{_registration.Key.Id}\" has stopped"));
        }

        base.PostStop();
    }

    // Messages with the same meaning in every state.
    private void Always(object message)
    {
        if (_departing.Contains(Sender) && message is not (ChildStopped or Terminated))
        {
            return;
        }

        if (OnNews(message) || OnChildEvent(message) || OnInspectionStep(message) || OnReturnStep(message))
        {
            return;
        }

        switch (message)
        {
            case EffectEnded ended when Runner.Settle(ended.Id):
                Decide(ended);
                break;
            case EffectEnded:
                // A stale reply.
                break;
            case WaitContainer wait:
                Wait(wait);
                break;
            case InspectSandbox:
                Inspect();
                break;
            case DeleteMessagesSuccess or DeleteMessagesFailure:
                break;
            case HypervisorProtocol.Restored or CgroupProtocol.Destroyed or CgroupFailure { Command: CgroupProtocol.Destroy } or Failure or AgentProtocol.Invoked or AgentProtocol.InvokeFailed:
                // News without consequences, and replies to commands without an effect.
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Report()
    {
        foreach (var report in _reporter.News(_state.Record))
        {
            Context.Parent.Tell(report);
        }
    }

    private void Delay(object message)
    {
        if (_delayed.Count < LongestQueue)
        {
            _delayed.Enqueue((message, Sender));
        }
        else
        {
            Sender.Tell(new Failure(FailureCode.ResourceExhausted, $"sandbox \"{_registration.Key.Id}\" has too many commands waiting"));
        }
    }

    private void ReleaseDelayed()
    {
        while (_delayed.TryDequeue(out var delayed))
        {
            Self.Tell(delayed.Message, delayed.Sender);
        }
    }

    private void Wait(WaitContainer wait)
    {
        if (_state.Record.Containers.GetValueOrDefault(wait.Key.Id)?.Exit is { } exit)
        {
            Sender.Tell(exit);
            return;
        }

        if (!_waiters.TryGetValue(wait.Key.Id, out var waiters))
        {
            _waiters[wait.Key.Id] = waiters = [];
        }

        var now = _services.Clock.GetTimestamp();
        waiters.RemoveAll(waiter => _services.Clock.GetElapsedTime(waiter.Since, now) > waiter.Wait);
        waiters.Add((Sender, now, wait.Wait));
    }

    private void AnswerWaiters(string id, ContainerExit exit)
    {
        if (_waiters.Remove(id, out var waiters))
        {
            foreach (var (asker, _, _) in waiters)
            {
                asker.Tell(exit);
            }
        }
    }
}

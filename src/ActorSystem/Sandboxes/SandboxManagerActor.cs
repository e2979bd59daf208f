using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using KataActors.Oci;
using KataActors.Runtime.Persistence;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Knows every sandbox and container of the node, creates and revives the SandboxActors, and routes commands to them. It answers
/// state and list from its own memory, so that no sandbox's trouble can hold them up.
/// <code>
/// Recovering ──(every sandbox reported, or the deadline)──▶ Ready
/// </code>
/// A SandboxActor that stops without having said that it is gone is started again, with growing pauses.
/// </summary>
public sealed class SandboxManagerActor : UntypedPersistentActor, IWithTimers
{
    /// <summary>Name below /user.</summary>
    public const string Name = "sandboxes";

    private const int SnapshotInterval = 200;
    private static readonly TimeSpan RecoveryDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Func<SandboxRegistration, bool, Props> _sandboxProps;
    private readonly DescriptorTable _descriptors;
    private readonly int _longestHostName;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<Guid, Entry> _sandboxes = [];
    private readonly Dictionary<ContainerKey, ContainerEntry> _containers = [];
    private readonly HashSet<Guid> _silent = [];
    private readonly List<IActorRef> _awaitingReady = [];
    private bool _ready;

    public SandboxManagerActor(Func<SandboxRegistration, bool, Props> sandboxProps, DescriptorTable descriptors, int longestHostName)
    {
        _sandboxProps = sandboxProps;
        _descriptors = descriptors;
        _longestHostName = longestHostName;
    }

    private sealed record SandboxActorStopped(Guid Uuid);

    private sealed record Revive(Guid Uuid);

    private sealed record RecoveryOverdue;

    /// <inheritdoc/>
    public override string PersistenceId => "sandbox-manager";

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="sandboxProps">Makes a SandboxActor; the flag is true for a new one, false for one that is revived from its journal.</param>
    /// <param name="descriptors">Where the descriptors of refused requests are closed.</param>
    /// <param name="longestHostName">Longest name whose socket paths below the run directory are valid.</param>
    public static Props Props(Func<SandboxRegistration, bool, Props> sandboxProps, DescriptorTable descriptors, int longestHostName) =>
        Akka.Actor.Props.Create(() => new SandboxManagerActor(sandboxProps, descriptors, longestHostName));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case SandboxAdmitted admitted:
                Register(admitted);
                break;
            case SandboxForgotten forgotten:
                _sandboxes.Remove(Guid.Parse(forgotten.Uuid));
                break;
            case SnapshotOffer { Snapshot: SandboxRegister register }:
                foreach (var admitted in register.Sandboxes)
                {
                    Register(admitted);
                }

                break;
            case RecoveryCompleted:
                ReviveAll();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnCommand(object message)
    {
        switch (message)
        {
            case GetReady when _ready:
                Sender.Tell(new Ready());
                break;
            case GetReady:
                _awaitingReady.Add(Sender);
                break;
            case CreateContainer create:
                Create(create);
                break;
            case GetContainer get:
                Sender.Tell(_containers.TryGetValue(get.Key, out var found) ? found.Snapshot : Failure.NoSuchContainer(get.Key.Id));
                break;
            case ListContainers list:
                Sender.Tell(new ContainerList([.. _containers
                    .Where(entry => entry.Key.Root == list.Root).Select(entry => entry.Value.Snapshot).OrderBy(snapshot => snapshot.CreatedAt)]));
                break;
            case ListSandboxes:
                Sender.Tell(new SandboxList([.. _sandboxes.Values
                    .Select(entry => entry.Snapshot).OfType<SandboxSnapshot>().OrderBy(snapshot => snapshot.CreatedAt)]));
                break;
            case InspectSandbox inspect:
                Inspect(inspect);
                break;
            case IContainerMessage routed:
                Route(routed);
                break;
            case ContainerChanged changed when _containers.TryGetValue(changed.Container.Key, out var known):
                _containers[changed.Container.Key] = known with { Snapshot = changed.Container };
                break;
            case ContainerChanged changed when FindEntry(new ContainerKey(changed.Container.Key.Root, changed.Container.SandboxId)) is { } owner:
                _containers[changed.Container.Key] = new ContainerEntry(owner.Registration.Uuid, changed.Container);
                break;
            case ContainerGone gone:
                _containers.Remove(gone.Key);
                break;
            case SandboxChanged changed when FindEntry(changed.Sandbox.Key) is { } entry:
                entry.Snapshot = changed.Sandbox;
                break;
            case SandboxRecovered recovered:
                Heard(recovered.Uuid);
                break;
            case SandboxGone gone:
                Forget(gone.Uuid);
                break;
            case SandboxActorStopped stopped:
                ScheduleRevival(stopped.Uuid);
                break;
            case Revive revive when _sandboxes.TryGetValue(revive.Uuid, out var dead):
                Start(dead, revived: true);
                break;
            case RecoveryOverdue:
                _log.Warning("{0} sandboxes have not reported within {1}", _silent.Count, RecoveryDeadline);
                _silent.Clear();
                BecomeReady();
                break;
            case SaveSnapshotSuccess saved:
                DeleteMessages(saved.Metadata.SequenceNr);
                break;
            case SaveSnapshotFailure failed:
                _log.Warning(failed.Cause, "the register of sandboxes was not saved; the journal grows until the next attempt");
                break;
            case ContainerChanged or SandboxChanged or Revive or DeleteMessagesSuccess or DeleteMessagesFailure:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Create(CreateContainer create)
    {
        if (_containers.ContainsKey(create.Key) || FindEntry(create.Key) is not null)
        {
            Refuse(create, new Failure(FailureCode.AlreadyExists, $"container id \"{create.Key.Id}\" is already in use"));
            return;
        }

        var sandboxKey = create.Key with { Id = create.Placement.SandboxId.Value };
        if (create.Placement.Type == ContainerType.Container)
        {
            if (FindEntry(sandboxKey) is not { Actor: { } joined } owner)
            {
                Refuse(create, Failure.NoSuchSandbox(sandboxKey.Id));
                return;
            }

            Reserve(create, owner);
            joined.Forward(create);
            return;
        }

        var taken = _sandboxes.Values.Any(entry => entry.Registration.HostName == create.Key.Id);
        var admitted = new SandboxAdmitted
        {
            Root = create.Key.Root,
            Id = create.Key.Id,
            HostName = HostName.For(create.Key, _longestHostName, taken),
            Uuid = Guid.NewGuid().ToString(),
        };
        var entry = Register(admitted);
        Reserve(create, entry);
        var requester = Sender;
        PersistAsync(admitted, _ =>
        {
            Start(entry, revived: false).Tell(create, requester);
            SaveRegisterNowAndThen();
        });
    }

    private void Refuse(CreateContainer create, Failure failure)
    {
        _descriptors.Release(create.Descriptors);
        Sender.Tell(failure);
    }

    private void Reserve(CreateContainer create, Entry owner)
    {
        var record = new ContainerRecord(create.Key, create.Spec, create.Bundle, create.StandIn, create.OwnerUid, DateTimeOffset.UtcNow);
        _containers[create.Key] = new ContainerEntry(owner.Registration.Uuid, record.ToSnapshot(owner.Registration.Key.Id));
    }

    private void Inspect(InspectSandbox inspect)
    {
        if (FindEntry(inspect.Key) is { Actor: { } actor })
        {
            actor.Forward(inspect);
            return;
        }

        Sender.Tell(Failure.NoSuchSandbox(inspect.Key.Id));
    }

    private void Route(IContainerMessage message)
    {
        if (_containers.TryGetValue(message.Key, out var container) && _sandboxes.TryGetValue(container.Sandbox, out var entry))
        {
            if (entry.Actor is { } actor)
            {
                actor.Forward(message);
            }
            else
            {
                Sender.Tell(new Failure(FailureCode.Unavailable, $"sandbox \"{entry.Registration.Key.Id}\" is being revived"));
            }

            return;
        }

        Sender.Tell(message is DeleteContainer { Force: true } ? new Deleted() : Failure.NoSuchContainer(message.Key.Id));
    }

    private Entry Register(SandboxAdmitted admitted)
    {
        var registration = new SandboxRegistration(new ContainerKey(admitted.Root, admitted.Id), admitted.HostName, Guid.Parse(admitted.Uuid));
        return _sandboxes[registration.Uuid] = new Entry(registration);
    }

    private void ReviveAll()
    {
        foreach (var entry in _sandboxes.Values)
        {
            _silent.Add(entry.Registration.Uuid);
            Start(entry, revived: true);
        }

        if (_silent.Count == 0)
        {
            BecomeReady();
            return;
        }

        Timers.StartSingleTimer(nameof(RecoveryOverdue), new RecoveryOverdue(), RecoveryDeadline);
    }

    private IActorRef Start(Entry entry, bool revived)
    {
        var uuid = entry.Registration.Uuid;
        entry.Lives += revived ? 1 : 0;
        var actor = Context.ActorOf(_sandboxProps(entry.Registration, !revived), FreeActorName(entry.Registration.HostName));
        Context.WatchWith(actor, new SandboxActorStopped(uuid));
        entry.Actor = actor;
        return actor;
    }

    // The actor of an earlier incarnation may still be saying farewell to its journal.
    private static string FreeActorName(string hostName)
    {
        var name = Uri.EscapeDataString(hostName);
        for (var number = 2; !Context.Child(name).IsNobody(); number++)
        {
            name = $"{Uri.EscapeDataString(hostName)}~{number}";
        }

        return name;
    }

    private void ScheduleRevival(Guid uuid)
    {
        if (!_sandboxes.TryGetValue(uuid, out var entry))
        {
            return;
        }

        entry.Actor = null;
        var pause = TimeSpan.FromMilliseconds(Math.Min(LongestPause.TotalMilliseconds, 100 * Math.Pow(2, Math.Min(entry.Lives, 10))));
        _log.Warning("the actor of sandbox {0} stopped; it is revived in {1}", entry.Registration.Key.Id, pause);
        Timers.StartSingleTimer(uuid, new Revive(uuid), pause);
    }

    private void Heard(Guid uuid)
    {
        if (_silent.Remove(uuid) && _silent.Count == 0)
        {
            BecomeReady();
        }
    }

    private void BecomeReady()
    {
        Timers.Cancel(nameof(RecoveryOverdue));
        _ready = true;
        foreach (var asker in _awaitingReady)
        {
            asker.Tell(new Ready());
        }

        _awaitingReady.Clear();
    }

    private void Forget(Guid uuid)
    {
        if (_sandboxes.Remove(uuid))
        {
            foreach (var key in _containers.Where(entry => entry.Value.Sandbox == uuid).Select(entry => entry.Key).ToImmutableArray())
            {
                _containers.Remove(key);
            }

            PersistAsync(new SandboxForgotten { Uuid = uuid.ToString() }, _ => SaveRegisterNowAndThen());
        }

        Heard(uuid);
    }

    private void SaveRegisterNowAndThen()
    {
        if (LastSequenceNr % SnapshotInterval != 0)
        {
            return;
        }

        var register = new SandboxRegister();
        register.Sandboxes.AddRange(_sandboxes.Values.Select(entry => new SandboxAdmitted
        {
            Root = entry.Registration.Key.Root,
            Id = entry.Registration.Key.Id,
            HostName = entry.Registration.HostName,
            Uuid = entry.Registration.Uuid.ToString(),
        }));
        SaveSnapshot(register);
    }

    private Entry? FindEntry(ContainerKey sandbox) =>
        _sandboxes.Values.FirstOrDefault(entry => entry.Registration.Key == sandbox);

    private sealed class Entry(SandboxRegistration registration)
    {
        public SandboxRegistration Registration { get; } = registration;

        public IActorRef? Actor { get; set; }

        public SandboxSnapshot? Snapshot { get; set; }

        public int Lives { get; set; }
    }

    private sealed record ContainerEntry(Guid Sandbox, ContainerSnapshot Snapshot);
}

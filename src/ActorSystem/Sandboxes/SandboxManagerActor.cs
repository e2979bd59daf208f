using Akka.Actor;
using Akka.Event;
using KataActors.Model.Journal;
using KataActors.Oci;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// Knows every sandbox and container of the node, creates and revives the SandboxActors, and routes commands to them. It answers
/// state and list from its own memory, so that a hanging sandbox cannot delay the answer.
/// <code>
/// Loading ──(the register is read)──▶ Recovering ──(every sandbox reported, or the deadline)──▶ Ready
///    └──(it cannot be read: the run directories are)──▶──┘
/// </code>
/// A SandboxActor that stops without a report that its sandbox is gone is started again after a growing pause; at once when a removal waits that
/// only its journal has stopped.
/// </summary>
internal sealed partial class SandboxManagerActor : UntypedActor, IWithTimers
{
    /// <summary>Name below /user.</summary>
    public const string Name = "sandboxes";

    private static readonly TimeSpan s_recoveryDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);

    private readonly Func<SandboxRegistration, SandboxLife, Props> _sandboxProps;
    private readonly DescriptorTable _descriptors;
    private readonly int _longestHostName;
    private readonly IActorRef _journalKeeper;
    private readonly string _sandboxesDirectory;
    private readonly string? _initialProblem;
    private readonly TimeSpan _loadDeadline;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly SandboxTable<Entry> _table = new();
    private readonly HashSet<Guid> _silent = [];
    private readonly List<IActorRef> _awaitingReady = [];
    private bool _ready;

    public SandboxManagerActor(
        Func<SandboxRegistration, SandboxLife, Props> sandboxProps,
        DescriptorTable descriptors,
        int longestHostName,
        IActorRef journalKeeper,
        string sandboxesDirectory,
        string? journalProblem,
        TimeSpan loadDeadline)
    {
        _journalKeeper = journalKeeper;
        _sandboxesDirectory = sandboxesDirectory;
        _initialProblem = journalProblem;
        _loadDeadline = loadDeadline;
        _sandboxProps = sandboxProps;
        _descriptors = descriptors;
        _longestHostName = longestHostName;
    }

    private sealed record SandboxActorStopped(Entry Entry);

    private sealed record Revive(Guid Uuid);

    private sealed record RecoveryOverdue;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="sandboxProps">Makes the props of a SandboxActor.</param>
    /// <param name="descriptors">Holds the descriptors of requests; those of refused requests are released.</param>
    /// <param name="longestHostName">Longest name with valid socket paths below the run directory.</param>
    /// <param name="journalKeeper">The JournalKeeperActor; Nobody for a journal that is not a file.</param>
    /// <param name="sandboxesDirectory">The parent of the sandboxes' run directories.</param>
    /// <param name="journalProblem">Why the journal's file cannot be used now; null when it can.</param>
    /// <param name="loadDeadline">After it the run directories stand in for the register.</param>
    public static Props Props(
        Func<SandboxRegistration, SandboxLife, Props> sandboxProps,
        DescriptorTable descriptors,
        int longestHostName,
        IActorRef journalKeeper,
        string sandboxesDirectory,
        string? journalProblem,
        TimeSpan loadDeadline) =>
        Akka.Actor.Props.Create(() => new SandboxManagerActor(sandboxProps, descriptors, longestHostName, journalKeeper, sandboxesDirectory, journalProblem, loadDeadline));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        if (_initialProblem is { } problem)
        {
            BeginWithout(problem);
        }
        else
        {
            StartRegister();
            Timers.StartSingleTimer(nameof(LoadOverdue), new LoadOverdue(), _loadDeadline);
        }

        Become(Loading);
    }

    /// <inheritdoc/>
    protected override void OnReceive(object message)
    {
        if (OnRegister(message) || OnJournal(message))
        {
            return;
        }

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
                Sender.Tell(_table.FindContainer(get.Key) is { } found ? found : Unknown(get.Key));
                break;
            case ListContainers list:
                Sender.Tell(new ContainerList([.. _table.Containers(list.Root).OrderBy(snapshot => snapshot.CreatedAt)]));
                break;
            case ListSandboxes:
                Sender.Tell(new SandboxList([.. _table.Sandboxes
                    .Select(entry => entry.Snapshot).OfType<SandboxSnapshot>().OrderBy(snapshot => snapshot.CreatedAt)]) { JournalProblem = _journalProblem ?? _damage ?? "" });
                break;
            case InspectSandbox inspect:
                Inspect(inspect);
                break;
            case IContainerMessage routed:
                Route(routed);
                break;
            case ContainerChanged changed:
                _table.FindOwner(changed.Container.Key)?.Reservations.Remove(changed.Container.Key);
                _table.Report(changed.Container);
                break;
            case ContainerGone gone:
                _table.FindOwner(gone.Key)?.Reservations.Remove(gone.Key);
                _table.RemoveContainer(gone.Key);
                break;
            case SandboxChanged changed when _table.Find(changed.Sandbox.Key) is { } entry:
                entry.Snapshot = changed.Sandbox;
                break;
            case SandboxRecovered recovered:
                OnRecovered(recovered.Uuid);
                break;
            case SandboxUnread unread:
                OnUnread(unread);
                break;
            case SandboxGone gone:
                Forget(gone.Uuid);
                break;
            case JournalLost lost when _table.Find(lost.Uuid) is { } lame:
                lame.Life = lost.Life;
                lame.Removals.AddRange(lost.Removals);
                Heard(lost.Uuid);
                break;
            case JournalRegained regained when _table.Find(regained.Uuid) is { } whole:
                whole.Life = SandboxLife.Revived;
                whole.IsReturning = true;
                whole.Removals.AddRange(regained.Removals);
                break;
            case ReturnWanted wanted:
                if (_isLoaded && _table.Find(wanted.Uuid) is { IsRegistered: true })
                {
                    Sender.Tell(new MayReturn());
                }

                break;
            case SandboxActorStopped stopped:
                EndReservations(stopped.Entry);
                ScheduleRevival(stopped.Entry.Registration.Uuid);
                break;
            case Revive revive when _table.Find(revive.Uuid) is { } dead:
                ReviveNow(dead);
                break;
            case RecoveryOverdue:
                _log.Warning("{0} sandboxes have not reported within {1}", _silent.Count, s_recoveryDeadline);
                _silent.Clear();
                BecomeReady();
                break;
            case SandboxChanged or Revive or JournalLost or JournalRegained:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Create(CreateContainer create)
    {
        if (_table.FindContainer(create.Key) is not null || _table.Find(create.Key) is not null)
        {
            Refuse(create, new Failure(FailureCode.AlreadyExists, $"container id \"{create.Key.Id}\" is already in use"));
            return;
        }

        if ((_journalProblem ?? _damage) is { } damage)
        {
            Refuse(create, new Failure(FailureCode.Unavailable, $"cannot create container \"{create.Key.Id}\": {damage}"));
            return;
        }

        var sandboxKey = create.Key with { Id = create.Placement.SandboxId.Value };
        if (create.Placement.Type == ContainerType.Container)
        {
            if (_table.Find(sandboxKey) is not { Actor: { } joined } owner)
            {
                Refuse(create, Absent(sandboxKey));
                return;
            }

            Reserve(create, owner);
            joined.Forward(create);
            return;
        }

        var admitted = new SandboxAdmitted
        {
            Root = create.Key.Root,
            Id = create.Key.Id,
            HostName = HostName.For(create.Key, _longestHostName, taken: _table.HasHostName(create.Key.Id)),
            Uuid = Guid.NewGuid().ToString(),
        };
        var entry = Register(admitted);
        Reserve(create, entry);
        Admit(entry, admitted, create);
    }

    private void Refuse(CreateContainer create, Failure failure)
    {
        _descriptors.Release(create.Descriptors);
        Sender.Tell(failure);
    }

    private Entry Register(SandboxAdmitted admitted)
    {
        var registration = new SandboxRegistration(new ContainerKey(admitted.Root, admitted.Id), admitted.HostName, Guid.Parse(admitted.Uuid));
        var entry = new Entry(registration);
        _table.Add(registration, entry);
        return entry;
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
        if (_table.Find(uuid) is { } entry)
        {
            // Its actor answers the creation of its first container.
            entry.Reservations.Remove(entry.Registration.Key);
            _table.Remove(uuid);
            _goneMeanwhile?.Add(uuid);
            _unread.Remove(uuid);
            WriteForgotten(uuid);
        }

        Heard(uuid);
    }
}

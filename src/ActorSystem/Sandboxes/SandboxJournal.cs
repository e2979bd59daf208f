using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Google.Protobuf;
using KataActors.Runtime.Sandboxes.Core;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>
/// The journal of a <see cref="SandboxActor"/>, and life without it: kill, stop and delete go on when it fails. Events are then kept in memory only,
/// and in the copy of the record, until the journal has the whole record again.
/// <code>
/// New ──the first write failed──▶ (the sandbox is gone)
/// New, Revived ──────a write failed──▶ (a fresh actor) Unwritten
/// Revived, Unwritten ─a read failed──▶ (a fresh actor) Unread ──a copy──▶ as Unwritten
///                                                         └──no copy──▶ only delete --force
/// Unwritten, Unread ──the whole record is in the journal again──▶ (a fresh actor) Revived
/// </code>
/// </summary>
internal abstract partial class SandboxJournal : BoundedJournal, IWithTimers
{
    private const string NoJournal = "akka.persistence.journal.inmem";
    private const string NoSnapshots = "akka.persistence.snapshot-store.inmem";

    private readonly SandboxLife _life;
    private readonly SandboxCopy _copy;
    private readonly JournalReturn _return;

    /// <param name="registration">The sandbox.</param>
    /// <param name="life">How the actor begins.</param>
    /// <param name="services">Shared by all SandboxActors.</param>
    protected SandboxJournal(SandboxRegistration registration, SandboxLife life, SandboxServices services)
    {
        (Registration, _life, Services) = (registration, life, services);
        Log = Context.GetLogger().WithContext("Sandbox", registration.Key.Id);
        _copy = new SandboxCopy(registration, services.Settings.SandboxDirectory(registration.HostName), Log);
        _return = new JournalReturn(this, Context, Log);
        if (life == SandboxLife.Unread)
        {
            // The journal's plugin may fail to start.
            (JournalPluginId, SnapshotPluginId) = (NoJournal, NoSnapshots);
        }
    }

    /// <inheritdoc/>
    public override string PersistenceId => Registration.PersistenceId;

    /// <inheritdoc/>
    public override Recovery Recovery => _life == SandboxLife.Unread ? Recovery.None : base.Recovery;

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The sandbox.</summary>
    public SandboxRegistration Registration { get; }

    /// <inheritdoc cref="ISandboxShell.State"/>
    public SandboxState State { get; private protected set; } = SandboxState.Empty;

    /// <summary>Whether events are persisted.</summary>
    public bool IsJournaled => _life is SandboxLife.New or SandboxLife.Revived;

    /// <summary>Whether a fresh actor would lose nothing that matters.</summary>
    public abstract bool IsSettled { get; }

    /// <summary>Whether there is no operation, not even a resting one.</summary>
    protected abstract bool IsIdle { get; }

    /// <summary>The containers that have been removed.</summary>
    public HashSet<string> Removed { get; } = [];

    /// <summary>Shared by all SandboxActors.</summary>
    protected SandboxServices Services { get; }

    /// <inheritdoc/>
    protected override ILoggingAdapter Log { get; }

    /// <summary>Why the journal could not be written; null when that has not happened.</summary>
    protected string? JournalProblem { get; private set; }

    /// <summary>The names of the sandbox's resources.</summary>
    protected SandboxNames Names => new(Registration, State.Record, _copy.Note);

    /// <summary>Whether nothing tells the place of the sandbox's cgroups.</summary>
    protected bool HasUnknownCgroups => _life == SandboxLife.Unread && !State.Record.Exists && _copy.Note is null;

    /// <inheritdoc cref="ISandboxShell.Decide"/>
    public abstract void Decide(Input input);

    /// <summary>The removals under way, with their requesters, which pass to the next actor.</summary>
    public abstract ImmutableArray<(DeleteContainer Removal, IActorRef Asker)> TakeRemovals();

    /// <summary>Tries again to begin with the copy.</summary>
    public void LookForCopyAgain()
    {
        if (_copy.MayBeReadLater && IsIdle)
        {
            Become(OnCommand);
            BeginUnread();
        }
    }

    /// <summary>Takes a message with the same meaning in every state.</summary>
    protected abstract void Always(object message);

    /// <summary>Tells the manager what has changed.</summary>
    protected abstract void Report();

    /// <summary>Adds the sender of the current command.</summary>
    private protected abstract WaitingRequester Requester(object reply);

    /// <summary>Takes a message of the return to the journal. False for other messages.</summary>
    protected bool OnReturn(object message) => _return.On(message);

    /// <summary>Why there is no such container, or no actor for it.</summary>
    protected Failure Absent(string id) => State.Record.Containers.TryGetValue(id, out var container)
        ? new Failure(
            container.Status == ContainerStatus.Stopped ? FailureCode.FailedPrecondition : FailureCode.Unavailable,
            $"container \"{id}\" is {container.Status.ToString().ToLowerInvariant()}")
        : _life == SandboxLife.Unread && !Removed.Contains(id) ? new Failure(FailureCode.Unavailable, $"container \"{id}\" is not known, and may be in the journal, which cannot be read")
        : Failure.NoSuchContainer(id);

    /// <summary>There is no sandbox, or not any more. Only rows in the journal are left; if they stay, they record the removal.</summary>
    protected void EndSandbox()
    {
        Context.Parent.Tell(new SandboxGone(Registration.Uuid));
        Become(Leaving);
        DeleteMessages(long.MaxValue);
    }

    /// <inheritdoc/>
    protected override ImmutableArray<IMessage> Restate() => State.Record.Deleted ? [] : Restatement.Of(State.Record);

    /// <inheritdoc/>
    protected override void OnReplay(object message)
    {
        switch (message)
        {
            case IMessage e:
                Apply(e);
                break;
            case RecoveryCompleted when _life == SandboxLife.Unread:
                BeginUnread();
                break;
            case RecoveryCompleted when _life != SandboxLife.New:
                if (!TryTakeWhatIsAhead())
                {
                    // A fresh actor looks again.
                    Context.Stop(Self);
                    break;
                }

                Recover();
                AwaitJournal();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Log.Error(cause, "the journal cannot be written; the sandbox goes on without it");
        JournalProblem = $"the journal of sandbox \"{Registration.Key.Id}\" cannot be written: {cause.Message}";
        if (_life == SandboxLife.New && !State.Record.Exists)
        {
            // Nothing of the sandbox is on the host, and without an entry in the register its journal does not count.
            Context.Parent.Tell(new SandboxGone(Registration.Uuid));
            return;
        }

        LoseJournal(SandboxLife.Unwritten);
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        OnPersistFailure(cause, @event, sequenceNr);
        Context.Stop(Self);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Log.Error(reason, "the journal cannot be read; what the run directory holds of the sandbox is taken");
        LoseJournal(SandboxLife.Unread);
    }

    private void Recover()
    {
        if (!State.Record.Exists || State.Record.Deleted)
        {
            EndSandbox();
            return;
        }

        Report();
        Context.Parent.Tell(new SandboxRecovered(Registration.Uuid));
        Decide(new Recovered());
    }

    private void BeginUnread()
    {
        if (_copy.TryRead() is { } copy)
        {
            State = State with { Record = copy.Record };
            Sequence = copy.Sequence;
            Recover();
        }
        else
        {
            Context.Parent.Tell(new SandboxUnread(Registration.Uuid));
            Become(WithoutRecord);
        }

        AwaitJournal();
    }

    private void AwaitJournal()
    {
        if (!IsJournaled)
        {
            _return.Await();
        }
    }

    // The actor stops after this.
    private void LoseJournal(SandboxLife life) => Context.Parent.Tell(new JournalLost(Registration.Uuid, life, TakeRemovals()));

    private void WithoutRecord(object message)
    {
        switch (message)
        {
            case DeleteContainer { Force: true } delete:
                RemoveByNote(delete);
                break;
            case IContainerMessage or SandboxQueries.InspectSandbox:
                if (message is CreateContainer create)
                {
                    Services.Descriptors.Release(create.Descriptors);
                }

                Sender.Tell(new Failure(
                    FailureCode.Unavailable,
                    $"the journal of sandbox \"{Registration.Key.Id}\" cannot be read; only delete --force is possible"));
                break;
            default:
                Always(message);
                break;
        }
    }

    // Only the note identifies the sandbox's QEMU: nothing is removed while it cannot be read.
    private void RemoveByNote(DeleteContainer delete)
    {
        if (_copy.ReadNote() is { } problem)
        {
            Sender.Tell(new Failure(FailureCode.Unavailable, $"cannot delete container \"{delete.Key.Id}\": {problem}"));
            return;
        }

        Decide(new Remove(Registration.Key.Id, IsWhole: true, "", Requester(new Deleted())));
    }

    private void Leaving(object message)
    {
        switch (message)
        {
            case DeleteMessagesSuccess or DeleteMessagesFailure:
                Context.Stop(Self);
                break;
            case DeleteContainer { Force: true }:
                Sender.Tell(new Deleted());
                break;
            case CreateContainer:
                // The manager answers when this actor has stopped.
                break;
            case IContainerMessage routed:
                Sender.Tell(Failure.NoSuchContainer(routed.Key.Id));
                break;
            case SandboxQueries.InspectSandbox:
                Sender.Tell(Failure.NoSuchSandbox(Registration.Key.Id));
                break;
        }
    }
}

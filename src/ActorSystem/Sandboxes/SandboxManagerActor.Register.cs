using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Model.Journal;
using KataActors.Runtime.Persistence;
using static KataActors.Runtime.Sandboxes.SandboxCommands;
using static KataActors.Runtime.Sandboxes.SandboxQueries;
using static KataActors.Runtime.Sandboxes.SandboxRegisterProtocol;

namespace KataActors.Runtime.Sandboxes;

// The register: the manager's journal. While it cannot be written no sandbox can begin, and the ends of sandboxes are written later.
internal sealed partial class SandboxManagerActor
{
    // No id contains a tilde, so no SandboxActor has this name.
    private const string RegisterName = "~register";
    private const int LongestQueue = 1000;

    private readonly Backoff _registerPauses = new(TimeSpan.FromSeconds(1), s_longestPause);
    private readonly Backoff _inspectionPauses = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5));
    private readonly Dictionary<Guid, (CreateContainer Create, IActorRef Requester)> _admissions = [];
    private readonly HashSet<Guid> _unforgotten = [];
    private readonly Queue<(object Message, IActorRef Sender)> _early = new();
    private IActorRef? _register;
    private bool _isLoaded;
    private bool _failedLoaded;
    private string? _damage;

    private void Loading(object message)
    {
        switch (message)
        {
            case Loaded loaded:
                OnLoaded();
                Timers.Cancel(nameof(LoadOverdue));
                _journalProblem = null;
                foreach (var admitted in loaded.Sandboxes)
                {
                    Register(admitted).IsRegistered = true;
                }

                Become(OnReceive);
                ReviveAll();
                Search();
                ReleaseEarly();

                break;
            case RegisterStopped or RestartRegister:
                OnRegister(message);
                break;
            case LoadOverdue:
                BeginWithout("the register of sandboxes in the journal cannot be read");
                break;
            case RunDirectories.Found found:
                OnFoundInstead(found);
                break;
            case GetReady:
                _awaitingReady.Add(Sender);
                break;
            case not null when _early.Count < LongestQueue:
                _early.Enqueue((message, Sender));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void ReleaseEarly()
    {
        while (_early.TryDequeue(out var early))
        {
            Self.Tell(early.Message, early.Sender);
        }
    }

    private bool OnRegister(object message)
    {
        if (message is Written && _registerPauses.Succeed())
        {
            _log.Info("the register of sandboxes is written again");
        }

        if (message is Loaded)
        {
            OnLoaded();
        }

        switch (message)
        {
            case Loaded late when _journalProblem is not null:
                OnLoadedLate(late);
                return true;
            case Written { Event: SandboxAdmitted admitted }:
                BeginAdmitted(Guid.Parse(admitted.Uuid));
                return true;
            case Written { Event: SandboxForgotten forgotten }:
                _unforgotten.Remove(Guid.Parse(forgotten.Uuid));
                _journalKeeper.Tell(new JournalKeeperActor.Forget([SandboxRegistration.PersistenceIdOf(Guid.Parse(forgotten.Uuid))]));
                return true;
            case JournalKeeperActor.Inspected inspected:
                OnInspected(inspected);
                return true;
            case Failure failure when Sender.Equals(_journalKeeper):
                OnNotInspected(failure.Message);
                return true;
            case InspectAgain:
                _journalKeeper.Tell(new JournalKeeperActor.Inspect());
                return true;
            case Loaded loaded:
                // A sandbox that only the fresh register knows was refused when its admission seemed to fail.
                _unforgotten.UnionWith(loaded.Sandboxes.Select(admitted => Guid.Parse(admitted.Uuid)).Where(uuid => _table.Find(uuid) is null));
                foreach (var uuid in _unforgotten)
                {
                    WriteForgotten(uuid);
                }

                return true;
            case RegisterStopped:
                OnRegisterStopped();
                return true;
            case RestartRegister:
                StartRegister();
                return true;
            default:
                return false;
        }
    }

    private void StartRegister()
    {
        _isLoaded = false;
        _register = Context.ActorOf(SandboxRegisterActor.Props(), RegisterName);
        Context.WatchWith(_register, new RegisterStopped());
    }

    // A readable register may still be unwritable.
    private void OnLoaded()
    {
        _isLoaded = true;
        if (!_failedLoaded && _registerPauses.Succeed())
        {
            _log.Info("the register of sandboxes is read again");
        }
    }

    private void OnRegisterStopped()
    {
        _register = null;
        _failedLoaded = _isLoaded;
        foreach (var uuid in _admissions.Keys.ToArray())
        {
            RefuseAdmission(uuid);
        }

        const string Problem = "the register of sandboxes cannot be read or written; no sandbox can be created until it can";
        Timers.StartSingleTimer(nameof(RestartRegister), new RestartRegister(), _registerPauses.Fail(Problem, out var isNews));
        if (isNews)
        {
            _log.Error(Problem);
        }
    }

    private void Admit(Entry entry, SandboxAdmitted admitted, CreateContainer create)
    {
        var uuid = entry.Registration.Uuid;
        _admissions[uuid] = (create, Sender);
        if (_register is { } register)
        {
            register.Tell(new Write(admitted));
        }
        else
        {
            RefuseAdmission(uuid);
        }
    }

    private void BeginAdmitted(Guid uuid)
    {
        if (_table.Find(uuid) is { } entry)
        {
            entry.IsKnown |= _admissions.ContainsKey(uuid);
            OnRegistered(entry);
        }

        if (_admissions.Remove(uuid, out var admission))
        {
            Start(_table.Find(uuid)!, SandboxLife.New).Tell(admission.Create, admission.Requester);
        }
    }

    private void RefuseAdmission(Guid uuid)
    {
        if (!_admissions.Remove(uuid, out var admission))
        {
            return;
        }

        _table.Remove(uuid);
        _descriptors.Release(admission.Create.Descriptors);
        admission.Requester.Tell(new Failure(
            FailureCode.Unavailable, $"cannot create container \"{admission.Create.Key.Id}\": the journal cannot be written"));
    }

    // With a damaged journal running sandboxes can be used and removed, as with an unwritable one.
    private void OnInspected(JournalKeeperActor.Inspected inspected)
    {
        if (inspected.Damage is { } damage)
        {
            _damage = damage;
            _log.Error("{0}; no container can be created or updated until it is replaced", damage);
            return;
        }

        // A uuid is used once: rows of an unknown sandbox are obsolete.
        ImmutableArray<string> left = [.. inspected.Owners.Where(owner => SandboxRegistration.IncarnationOf(owner) is { } uuid && _table.Find(uuid) is null)];
        if (!left.IsEmpty)
        {
            _log.Info("the rows of {0} removed sandboxes are deleted from the journal", left.Length);
            _journalKeeper.Tell(new JournalKeeperActor.Forget(left));
        }
    }

    // The reason may pass, such as missing descriptors or memory.
    private void OnNotInspected(string reason)
    {
        Timers.StartSingleTimer(nameof(InspectAgain), new InspectAgain(), _inspectionPauses.Fail(reason, out var isNews));
        if (isNews)
        {
            _log.Warning("the journal was not checked: {0}", reason);
        }
    }

    private void WriteForgotten(Guid uuid)
    {
        _unforgotten.Add(uuid);
        _register?.Tell(new Write(new SandboxForgotten { Uuid = uuid.ToString() }));
    }

    private sealed record RegisterStopped;

    private sealed record RestartRegister;

    private sealed record InspectAgain;
}

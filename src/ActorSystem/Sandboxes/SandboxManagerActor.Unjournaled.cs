using Akka.Actor;
using Akka.Event;
using KataActors.Model.Journal;
using KataActors.Runtime.Persistence;
using static KataActors.Runtime.Sandboxes.SandboxReports;
using static KataActors.Runtime.Sandboxes.SandboxRegisterProtocol;

namespace KataActors.Runtime.Sandboxes;

// Life without the register: sandboxes found in run directories are adopted, and can be used and removed; none can be created. Opening the journal's
// file is repeated until it succeeds.
internal sealed partial class SandboxManagerActor
{
    // The keeper answers earlier, unless it has failed.
    private static readonly TimeSpan s_openDeadline = TimeSpan.FromMinutes(2);

    private readonly Backoff _openPauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    // Sandboxes of the register or a run directory whose journal has not been replayed since the start: they may have unknown containers.
    private readonly HashSet<Guid> _unread = [];

    // Sandboxes removed during a search of the run directories: a directory found of them is ignored. Null when no search is under way.
    private HashSet<Guid>? _goneMeanwhile;
    private string _searchProblem = "";

    // Why the register has not been read since the start; null when it has.
    private string? _journalProblem;

    private bool IsUnopened => _journalProblem is not null && _register is null && !Timers.IsTimerActive(nameof(RestartRegister));

    private void BeginWithout(string problem)
    {
        _journalProblem = problem;
        _log.Error("{0}; no container can be created until it can: the sandboxes are those of the run directories", problem);
        Search();
    }

    private void Search()
    {
        if (_goneMeanwhile is null)
        {
            _goneMeanwhile = [];
            var folder = _sandboxesDirectory;
            Task.Run(() => RunDirectories.Find(folder)).PipeTo(Self, success: found => found, failure: e => new RunDirectories.Found([], [("", e.Message)]));
        }
    }

    // The run directories stand in for the register; the wait for it ends.
    private void OnFoundInstead(RunDirectories.Found found)
    {
        Adopt(found);
        Timers.Cancel(nameof(LoadOverdue));
        Become(OnReceive);
        ReviveAll();
        if (IsUnopened)
        {
            Self.Tell(new OpenJournal());
        }

        ReleaseEarly();
    }

    // Sandboxes missing in the register come from a replaced journal, or their directories were unreadable before.
    private void OnFoundBeside(RunDirectories.Found found)
    {
        foreach (var entry in Adopt(found))
        {
            _log.Warning("sandbox {0} is not known from the journal, and is taken over from its run directory", entry.Registration.Key.Id);
            WriteAdmitted(entry);
            Start(entry, entry.Life);
        }

        if (_journalProblem is null)
        {
            _journalKeeper.Tell(new JournalKeeperActor.Inspect());
        }
    }

    private List<Entry> Adopt(RunDirectories.Found found)
    {
        // A registered sandbox needs no directory.
        var problem = string.Join("; ", found.Problems.Where(problem => !_table.HasHostName(problem.HostName)).Select(problem => problem.Problem));
        if (problem.Length > 0 && problem != _searchProblem)
        {
            _log.Warning("what is in the run directories is not known in full: {0}", problem);
        }

        _searchProblem = problem;

        var adopted = new List<Entry>();
        foreach (var registration in found.Sandboxes)
        {
            if (_table.Find(registration.Uuid) is null && _goneMeanwhile?.Contains(registration.Uuid) != true)
            {
                var entry = new Entry(registration) { Life = SandboxLife.Unread };
                _table.Add(registration, entry);
                adopted.Add(entry);
            }
        }

        _goneMeanwhile = null;
        return adopted;
    }

    private void OpenLater(TimeSpan pause)
    {
        if (IsUnopened)
        {
            Timers.StartSingleTimer(nameof(OpenJournal), new OpenJournal(), pause);
        }
    }

    private bool OnJournal(object message)
    {
        switch (message)
        {
            case OpenJournal:
                if (_searchProblem.Length > 0)
                {
                    Search();
                }

                _journalKeeper.Tell(new JournalKeeperActor.Open());
                OpenLater(s_openDeadline);
                return true;
            case JournalKeeperActor.Opened { Aside: var aside } when IsUnopened:
                Timers.Cancel(nameof(OpenJournal));
                if (aside is not null)
                {
                    _log.Warning("the damaged journal is now \"{0}\"; a new one is in its place", aside);
                }

                StartRegister();
                return true;
            case JournalKeeperActor.Opened:
                return true;
            case JournalKeeperActor.NotOpened failed:
                _journalProblem = IsUnopened ? failed.Reason : _journalProblem;
                OpenLater(_openPauses.Fail(failed.Reason, out var isNews));
                if (isNews)
                {
                    _log.Warning("the journal is tried again: {0}", failed.Reason);
                }

                return true;
            case RunDirectories.Found found:
                OnFoundBeside(found);
                return true;
            default:
                return false;
        }
    }

    // Removals without the register are written now, and so are sandboxes that it lacks.
    private void OnLoadedLate(Loaded loaded)
    {
        _journalProblem = null;
        _log.Info("the journal is used again");
        foreach (var admitted in loaded.Sandboxes)
        {
            var uuid = Guid.Parse(admitted.Uuid);
            if (_table.Find(uuid) is { } known)
            {
                OnRegistered(known);
            }
            else if (!_unforgotten.Contains(uuid))
            {
                var entry = Register(admitted);
                entry.IsRegistered = true;
                Start(entry, entry.Life);
            }
        }

        foreach (var entry in _table.Sandboxes.Where(entry => !entry.IsRegistered))
        {
            WriteAdmitted(entry);
        }

        foreach (var uuid in _unforgotten)
        {
            WriteForgotten(uuid);
        }

        _journalKeeper.Tell(new JournalKeeperActor.Inspect());
    }

    private void WriteAdmitted(Entry entry) => _register?.Tell(new Write(new SandboxAdmitted
    {
        Root = entry.Registration.Key.Root,
        Id = entry.Registration.Key.Id,
        HostName = entry.Registration.HostName,
        Uuid = entry.Registration.Uuid.ToString(),
    }));

    private static void OnRegistered(Entry entry)
    {
        entry.IsRegistered = true;
        if (entry.Life is SandboxLife.Unread or SandboxLife.Unwritten)
        {
            entry.Actor?.Tell(new MayReturn());
        }
    }

    private void OnUnread(SandboxUnread report)
    {
        if (_table.Find(report.Uuid) is { Snapshot: null } entry)
        {
            entry.Snapshot = new SandboxSnapshot(entry.Registration.Key, SandboxStatus.Creating, 0, 0, DateTimeOffset.UtcNow);
        }

        Heard(report.Uuid);
    }

    // An unknown container does not exist, unless a part of the records could not be read.
    private Failure Unknown(ContainerKey key)
    {
        if (_journalProblem is { } problem)
        {
            return new Failure(FailureCode.Unavailable, $"container \"{key.Id}\" is not known, and may exist: {problem}");
        }

        var unread = _unread.Select(_table.Find).FirstOrDefault(entry => entry?.Registration.Key.Root == key.Root);
        return unread is null
            ? Failure.NoSuchContainer(key.Id)
            : new Failure(FailureCode.Unavailable, $"container \"{key.Id}\" is not known, and may be one of sandbox \"{unread.Registration.Key.Id}\", whose journal is not read");
    }

    private sealed record LoadOverdue;

    private sealed record OpenJournal;
}

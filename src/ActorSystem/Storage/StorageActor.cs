using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes;
using static KataActors.Runtime.Storage.StorageProtocol;

namespace KataActors.Runtime.Storage;

/// <summary>
/// The sandbox's run directory and the mounts below its share, in the VMM's own mount namespace. The actor keeps no record: each command names
/// all of its objects, and every removal is "ensure absent". The commands of one container are carried out one after the other, those of different
/// containers side by side; a command for the whole sandbox comes after all before it and before all after it. A command that misses its deadline
/// is answered with an error and given up: when its hanging mount returns, that mount is undone; until then the container's next commands wait.
/// </summary>
internal sealed class StorageActor : ReceiveActor, IWithTimers
{
    /// <summary>The deadline from a command to its reply.</summary>
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _runDirectory;
    private readonly ContainerMounts _mounts;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    // In the order of the commands; ended work is removed.
    private readonly List<StorageWork> _works = [];

    public StorageActor(string runDirectory, IShareMounts mounts)
    {
        _runDirectory = runDirectory;
        _mounts = new ContainerMounts(Path.Combine(runDirectory, "share"), mounts);
        Receive<Prepare>(prepare => Add("", $"making \"{_runDirectory}\"", new Prepared(), _ => MakeRunDirectory(prepare.Note)));
        Receive<TakeOver>(take => Add("", $"moving \"{take.From}\" to \"{_runDirectory}\"", new TakenOver(), work => MoveIn(take, work)));
        Receive<Attach>(attach => Add(
            attach.Id, $"attaching the mounts of container \"{attach.Id}\"", new Attached(attach.Id), work => _mounts.Attach(attach, work), attach.Descriptors));
        Receive<Detach>(detach => Add(
            detach.Id, $"detaching the mounts of container \"{detach.Id}\"", new Detached(detach.Id), work => _mounts.Detach(detach, work)));
        Receive<Release>(_ => Add("", $"removing \"{_runDirectory}\"", new Released(), _ => RemoveRunDirectory()));
        Receive<Ended>(OnEnded);
        Receive<Overdue>(overdue => OnOverdue(overdue.Work));
    }

    private sealed record Ended(StorageWork Work, Exception? Error);

    private sealed record Overdue(StorageWork Work);

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="runDirectory">The sandbox's run directory.</param>
    public static Props Props(string runDirectory) => Props(runDirectory, new ShareMounts());

    /// <param name="runDirectory">The sandbox's run directory.</param>
    /// <param name="mounts">The mount calls.</param>
    internal static Props Props(string runDirectory, IShareMounts mounts) => Akka.Actor.Props.Create(() => new StorageActor(runDirectory, mounts));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        foreach (var work in _works)
        {
            if (work.IsStarted)
            {
                work.TryGiveUp();
            }
            else
            {
                work.Drop();
            }
        }
    }

    private void Add(string id, string what, object reply, Action<StorageWork> body, IDisposable? belongings = null)
    {
        var work = new StorageWork(id, what, Sender, reply, body, belongings);
        _works.Add(work);
        Timers.StartSingleTimer(work, new Overdue(work), Deadline);
        StartWhatMay();
    }

    private void StartWhatMay()
    {
        foreach (var work in _works.Where(work => !work.IsStarted && Holder(work) is null).ToArray())
        {
            work.Start().PipeTo(Self, success: () => new Ended(work, null), failure: e => new Ended(work, e));
        }
    }

    private StorageWork? Holder(StorageWork work) => _works.TakeWhile(earlier => earlier != work).FirstOrDefault(work.IsHeldBy);

    private void OnEnded(Ended ended)
    {
        var (work, error) = ended;
        Timers.Cancel(work);
        _works.Remove(work);
        if (!work.IsGivenUp)
        {
            work.Requester.Tell(error is null ? work.Reply : new StorageFailed(work.Id, ToFailure(error)));
        }
        else if (error is null or OperationCanceledException)
        {
            _log.Info("{0} came back after it was given up", work.What);
        }
        else
        {
            _log.Warning("{0} came back after it was given up, and failed: {1}", work.What, error.Message);
        }

        StartWhatMay();
    }

    private void OnOverdue(StorageWork work)
    {
        var problem = $"{work.Step} did not end within {Deadline.TotalSeconds:0} s";
        if (!work.IsStarted)
        {
            problem = $"{work.What} did not begin within {Deadline.TotalSeconds:0} s: {Hanging(work).Step} has not ended";
            _works.Remove(work);
            work.Drop();
        }
        else if (!work.TryGiveUp())
        {
            // Its end has been requested.
            return;
        }

        _log.Warning("{0}", problem);
        work.Requester.Tell(new StorageFailed(work.Id, new Failure(FailureCode.DeadlineExceeded, problem)));
        StartWhatMay();
    }

    // The running work that delays this one: its holder, or the holder's holder.
    private StorageWork Hanging(StorageWork work)
    {
        var holder = Holder(work)!;
        return holder.IsStarted ? holder : Hanging(holder);
    }

    private static Failure ToFailure(Exception exception) => exception switch
    {
        LinuxException or IOException or UnauthorizedAccessException => new(FailureCode.Internal, exception.Message),
        ArgumentException => new(FailureCode.InvalidArgument, exception.Message),
        _ => new(FailureCode.Internal, exception.ToString()),
    };

    private void MakeRunDirectory(SandboxNote note)
    {
        OwnFolder.OpenOrCreate(_runDirectory).Dispose();
        note.Write(_runDirectory);
    }

    // The rename brings the note together with the VM's files.
    private void MoveIn(TakeOver take, StorageWork work)
    {
        take.Note.Write(take.From);
        work.Begin($"removing \"{_runDirectory}\"");
        RemoveRunDirectory();
        work.Begin(work.What);
        Directory.Move(take.From, _runDirectory);
    }

    // The share is a mount point in the VMM's namespace only; here it is an empty directory.
    private void RemoveRunDirectory() => FolderTree.Remove(_runDirectory);
}

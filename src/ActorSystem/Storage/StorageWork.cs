using Akka.Actor;

namespace KataActors.Runtime.Storage;

/// <summary>
/// One command of a <see cref="StorageActor"/>. Its body runs on a thread of its own, since it may hang in a system call for as long as the file system
/// of a source does. Whether it is finished or given up is decided once; a body that was given up stops at its next step.
/// <code>
/// waiting ──Start──▶ running ──TryFinish──▶ finished
///                       └──TryGiveUp──▶ given up ──(its thread comes back)──▶ (ended)
/// </code>
/// </summary>
/// <param name="id">The container; empty for the whole sandbox.</param>
/// <param name="what">What it does, for errors: "attaching the mounts of ...".</param>
/// <param name="requester">Who gets the reply.</param>
/// <param name="reply">The reply to success.</param>
/// <param name="body">The work. It blocks.</param>
/// <param name="belongings">What the work owns; closed when it has ended, or will never begin.</param>
internal sealed class StorageWork(string id, string what, IActorRef requester, object reply, Action<StorageWork> body, IDisposable? belongings = null)
{
    private const int Undecided = 0;
    private const int Finished = 1;
    private const int GivenUp = 2;

    private volatile string _step = what;
    private int _decision;

    public string Id { get; } = id;

    public string What { get; } = what;

    public IActorRef Requester { get; } = requester;

    public object Reply { get; } = reply;

    /// <summary>True for the work of a command that concerns the whole sandbox.</summary>
    public bool IsWhole => Id.Length == 0;

    public bool IsStarted { get; private set; }

    /// <summary>True when its reply was given up; its thread may still run.</summary>
    public bool IsGivenUp => Volatile.Read(ref _decision) == GivenUp;

    /// <summary>What its thread does now, in the form of <see cref="What"/>.</summary>
    public string Step
    {
        get => _step;
        set => _step = value;
    }

    /// <summary>
    /// Whether it begins only when <paramref name="earlier"/> has ended. A release follows the VM's end, and with it that of the share: a mount that was given up
    /// and still hangs in there does not hold it up.
    /// </summary>
    public bool IsHeldBy(StorageWork earlier) => IsWhole
        ? earlier.IsWhole || !earlier.IsGivenUp || Reply is not StorageProtocol.Released
        : earlier.IsWhole || earlier.Id == Id;

    /// <summary>Runs the body. The task ends with the thread, and fails with what the body throws.</summary>
    public Task Start()
    {
        IsStarted = true;
        return Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
    }

    /// <summary>For work that will never begin.</summary>
    public void Drop() => belongings?.Dispose();

    /// <summary>For the body, before each step.</summary>
    /// <exception cref="OperationCanceledException">The work was given up.</exception>
    public void Begin(string step)
    {
        if (IsGivenUp)
        {
            throw new OperationCanceledException($"{What} was given up");
        }

        Step = step;
    }

    /// <summary>For the body, at its end: false when the work was given up, and what it has done must be undone.</summary>
    public bool TryFinish() => Interlocked.CompareExchange(ref _decision, Finished, Undecided) != GivenUp;

    /// <summary>False when the body is finished already.</summary>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref _decision, GivenUp, Undecided) == Undecided;

    private void Run()
    {
        try
        {
            body(this);
        }
        finally
        {
            TryFinish();
            belongings?.Dispose();
        }
    }
}

using Akka.Actor;

namespace KataActors.Runtime.Storage;

/// <summary>
/// One command of a <see cref="StorageActor"/>. Its body runs on a thread of its own, since it may hang in a system call as long as the source's file
/// system does. It is either finished or given up, which is decided once; an abandoned body stops at its next step.
/// <code>
/// waiting ──Start──▶ running ──TryFinish──▶ finished
///                       └──TryGiveUp──▶ given up ──(its thread comes back)──▶ (ended)
/// </code>
/// </summary>
/// <param name="id">The container; empty for the whole sandbox.</param>
/// <param name="what">The work in words, for errors: "attaching the mounts of ...".</param>
/// <param name="requester">The receiver of the reply.</param>
/// <param name="reply">The reply to success.</param>
/// <param name="body">The work. It blocks.</param>
/// <param name="belongings">Descriptors owned by the work; closed at its end, or when it is dropped before its start.</param>
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

    /// <summary>True when the work was given up; its thread may still run.</summary>
    public bool IsGivenUp => Volatile.Read(ref _decision) == GivenUp;

    /// <summary>The present step of its thread, in the form of <see cref="What"/>.</summary>
    public string Step
    {
        get => _step;
        set => _step = value;
    }

    /// <summary>
    /// Whether it begins only after the end of <paramref name="earlier"/>. A release follows the VM's end, and so the end of the share: abandoned work that
    /// still hangs in a mount does not delay it.
    /// </summary>
    public bool IsHeldBy(StorageWork earlier) => IsWhole
        ? earlier.IsWhole || !earlier.IsGivenUp || Reply is not StorageProtocol.Released
        : earlier.IsWhole || earlier.Id == Id;

    /// <summary>Runs the body. The task ends with the thread, and fails with the body's exception.</summary>
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

    /// <summary>For the body, at its end: false when the work was given up and must be undone.</summary>
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

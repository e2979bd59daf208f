using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Containers;

/// <summary>
/// The execs of a container by id, from the beginning of their start until they are removed. When there are too many, the oldest one of which the
/// host knows everything goes: a stock host never removes one.
/// </summary>
/// <param name="container">The container's id.</param>
/// <param name="first">Its first process. No exec begins before its start, or after its end.</param>
/// <param name="most">The bound of execs.</param>
internal sealed class ContainerExecs(string container, ContainerProcess first, int most = ContainerExecs.Most)
{
    internal const int Most = 1024;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, Exec> _execs = [];

    /// <summary>
    /// Starts a process; completes when its program runs. It goes on when the caller gives up, and a repeated call gets its outcome. A process that could
    /// not be prepared is forgotten; one without a program is kept, with its exit status.
    /// </summary>
    internal Task StartAsync(ExecPreparation preparation, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_execs.TryGetValue(preparation.Id, out var known))
            {
                return known.Content.AsSpan().SequenceEqual(preparation.Content)
                    ? known.Outcome.WaitAsync(cancellation)
                    : throw Failures.Exists($"process \"{preparation.Id}\" of container \"{container}\" exists already");
            }

            if (first.HasEnded)
            {
                throw Failures.Stopped();
            }

            if (!first.HasStarted)
            {
                throw Failures.State("cannot exec in a created container");
            }

            MakeRoom();
            var exec = new Exec(preparation.Content);
            _execs.Add(preparation.Id, exec);
            exec.Outcome = Task.Run(() => RunAsync(exec, preparation), CancellationToken.None);
            return exec.Outcome.WaitAsync(cancellation);
        }
    }

    /// <summary>The process.</summary>
    /// <exception cref="TtrpcException">There is none, or it is not prepared yet.</exception>
    internal ContainerProcess Get(string id) =>
        Find(id).Process ?? throw Failures.State($"process \"{id}\" of container \"{container}\" is still being started");

    /// <summary>Kills a process, if it still runs, waits for its end, and forgets it.</summary>
    internal async Task RemoveAsync(string id, CancellationToken cancellation) => await EndAsync(id, Find(id), cancellation).ConfigureAwait(false);

    /// <summary>Removes all processes, after the end of the first one.</summary>
    internal async Task RemoveAllAsync(CancellationToken cancellation)
    {
        KeyValuePair<string, Exec>[] all;
        lock (_gate)
        {
            all = [.. _execs];
        }

        foreach (var (id, exec) in all)
        {
            await EndAsync(id, exec, cancellation).ConfigureAwait(false);
        }
    }

    private async Task RunAsync(Exec exec, ExecPreparation preparation)
    {
        ContainerProcess process;
        try
        {
            process = await preparation.RunAsync().ConfigureAwait(false);
            exec.Process = process;
        }
        catch
        {
            Forget(preparation.Id, exec);
            throw;
        }

        await process.StartAsync(ifBegun: false, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task EndAsync(string id, Exec exec, CancellationToken cancellation)
    {
        if (exec.Process is { } prepared)
        {
            await prepared.KillAsync(cancellation).ConfigureAwait(false);
        }

        // Whatever it is. Until then the start uses the pipes, or has a process to come.
        await Task.WhenAny(exec.Outcome).WaitAsync(cancellation).ConfigureAwait(false);
        if (exec.Process is { } process)
        {
            await process.EndAsync(cancellation).ConfigureAwait(false);
        }

        Forget(id, exec);
    }

    private Exec Find(string id)
    {
        lock (_gate)
        {
            return _execs.TryGetValue(id, out var exec) ? exec : throw Failures.NotFound($"process \"{id}\" of container \"{container}\" not found");
        }
    }

    private void Forget(string id, Exec exec)
    {
        lock (_gate)
        {
            if (_execs.TryGetValue(id, out var present) && present == exec)
            {
                _execs.Remove(id);
            }
        }
    }

    private void MakeRoom()
    {
        if (_execs.Count < most)
        {
            return;
        }

        foreach (var (id, exec) in _execs)
        {
            if (exec.IsDispensable)
            {
                _execs.Remove(id);
                exec.Process!.Dispose();
                return;
            }
        }

        throw Failures.Exhausted($"container \"{container}\" has {most} execs");
    }

    /// <summary>One exec.</summary>
    private sealed class Exec(byte[] content)
    {
        private volatile ContainerProcess? _process;

        internal byte[] Content => content;

        internal Task Outcome { get; set; } = Task.CompletedTask;

        internal ContainerProcess? Process
        {
            get => _process;
            set => _process = value;
        }

        // A host that was told why there is no program may ask for nothing else.
        internal bool IsDispensable => Process is { } process && (process.IsToldInFull || (process.HasEnded && Outcome.IsFaulted));
    }
}

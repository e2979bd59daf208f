using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Containers;

/// <summary>
/// One container: created → running → stopped, where a signal may lead from created to stopped at once.
/// Owns all of the container's resources; only <see cref="RemoveAsync"/> frees them.
/// </summary>
internal sealed class Container
{
    private readonly ContainerCgroup _cgroup;
    private readonly Process _common;
    private readonly ContainerExecs _execs;
    private readonly CgroupFreezer _freezer;
    private readonly ProcessTable _processes;
    private readonly IdMaps? _ids;
    private ContainerInside? _inside;

    /// <summary>Takes the process over.</summary>
    internal Container(string id, WaitingContainer waiting, Process process, IReadOnlyList<string> storages, IdMaps? ids, bool hasHooks)
    {
        Id = id;
        _ids = ids;
        Storages = storages;
        First = new ContainerProcess("container", $"\"{id}\"", waiting.Process, waiting.Cgroup) { HasHooks = hasHooks };
        _cgroup = waiting.Cgroup;
        _common = new Process { Filter = process.Filter, Personality = process.Personality };
        _execs = new ContainerExecs(id, First);
        _freezer = new CgroupFreezer(waiting.Cgroup.Folder);
        _processes = new ProcessTable(waiting.Cgroup);
    }

    internal string Id { get; }

    internal IReadOnlyList<string> Storages { get; }

    internal ContainerProcess First { get; }

    /// <summary>The process of an exec id; the first one has that of the container, or none.</summary>
    /// <exception cref="TtrpcException">There is no such process.</exception>
    internal ContainerProcess Process(string execId) => execId.Length == 0 || execId == Id ? First : _execs.Get(execId);

    /// <summary>Starts the first process of another container in the pid namespace of this one.</summary>
    /// <exception cref="TtrpcException">The namespace has ended with this container's first process.</exception>
    internal async Task<WaitingContainer> LaunchBesideAsync(ContainerLauncher launcher, SandboxNamespaces namespaces)
    {
        try
        {
            return await launcher.LaunchAsync(namespaces.EntriesOf(First.Child.Handle)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is LinuxException or ObjectDisposedException)
        {
            if (await First.HasEndedAsync().ConfigureAwait(false))
            {
                throw Failures.State($"the pid namespace of container \"{Id}\" has ended with its first process");
            }

            throw;
        }
    }

    /// <summary>Lets the first process prepare the container, and waits until it has.</summary>
    internal async Task PrepareAsync(bool sharedPid, CancellationToken cancellation)
    {
        await First.PrepareAsync(cancellation, _ids).ConfigureAwait(false);
        _inside = ContainerInside.Of(First.Child.Pid);
        _ = FollowFirstAsync(_inside, sharedPid);
    }

    /// <summary>Starts a further process, once; completes when its program runs. A repeated call gets the outcome of the first.</summary>
    internal Task ExecAsync(ExecProcessRequest request, ContainerLauncher launcher, SandboxNamespaces namespaces, CancellationToken cancellation)
    {
        var exec = new ExecPreparation(
            request, First, _cgroup, _common, () => launcher.LaunchExecAsync(_cgroup, First.Child, _inside!, namespaces.EntriesOf(First.Child.Handle)), _ids);
        return _execs.StartAsync(exec, cancellation);
    }

    /// <summary>Kills an exec, if it still runs, and forgets it.</summary>
    internal Task RemoveProcessAsync(string execId, CancellationToken cancellation) => execId.Length == 0 || execId == Id
        ? throw Failures.Invalid($"the first process of container \"{Id}\" is removed with it")
        : _execs.RemoveAsync(execId, cancellation);

    /// <summary>Sends a signal to all processes of the container. After the end of the first one these are the remaining ones, if any.</summary>
    internal void SignalAll(int signal)
    {
        if (First.Translate(signal) == Signals.SIGKILL)
        {
            _cgroup.Kill();
            return;
        }

        foreach (var pid in _cgroup.Processes())
        {
            ProcessSignals.Send(pid, signal);
        }
    }

    /// <summary>Changes its limits.</summary>
    internal void Update(UpdateContainerRequest request)
    {
        SpecRules.Check(request.Resources);
        if (First.HasEnded)
        {
            throw Failures.State($"container \"{Id}\" is stopped");
        }

        _cgroup.Update(request);
    }

    /// <summary>Stops all processes of a container that has not ended, where they are. Repeatable.</summary>
    internal Task PauseAsync(CancellationToken cancellation) => First.HasEnded ? throw Failures.NotRunning() : _freezer.FreezeAsync(cancellation);

    /// <summary>Lets them go on. Repeatable.</summary>
    internal Task ResumeAsync(CancellationToken cancellation) => First.HasEnded ? throw Failures.NotRunning() : _freezer.ThawAsync(cancellation);

    /// <summary>What it uses, and has used, also after its end.</summary>
    internal StatsContainerResponse Stats() => new() { CgroupStats = CgroupFigures.Read(_cgroup.Folder) };

    /// <summary>Its processes.</summary>
    internal Task<ListProcessesResponse> ListProcessesAsync(CancellationToken cancellation) => _processes.ReadAsync(cancellation);

    /// <summary>Kills the remaining processes and frees all resources.</summary>
    internal async Task RemoveAsync(CancellationToken deadline)
    {
        _cgroup.Kill();
        await First.KillAsync(deadline).ConfigureAwait(false);
        await _execs.RemoveAllAsync(deadline).ConfigureAwait(false);

        // An exec under way may have come after the first kill, with a process of its own.
        _cgroup.Kill();
        await _cgroup.RemoveAsync(deadline).ConfigureAwait(false);
        await First.EndAsync(deadline).ConfigureAwait(false);
        _inside?.Dispose();
    }

    // With its own pid namespace the kernel ends all other processes of the container with the first one.
    private async Task FollowFirstAsync(ContainerInside inside, bool sharedPid)
    {
        _ = await First.Child.Exit.ConfigureAwait(false);
        inside.Dispose();
        if (sharedPid)
        {
            _cgroup.Kill();
        }
    }
}

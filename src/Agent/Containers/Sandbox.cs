using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>What this guest runs: one sandbox and its containers.</summary>
internal sealed class Sandbox(ContainerLauncher launcher, string cgroupParent)
{
    private const int LongestCgroupName = 200;

    private static readonly TimeSpan s_prepareDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_undoDeadline = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly StorageMounts _storages = new();
    private IReadOnlyList<string> _own = [];
    private SandboxNamespaces? _namespaces;
    private string _id = "";
    private int _created;

    internal ContainerTable Containers { get; } = new();

    /// <summary>Mounts the sandbox's storages and makes the namespaces that its containers share. Once in a guest's life.</summary>
    internal void Create(CreateSandboxRequest request)
    {
        lock (_gate)
        {
            if (_namespaces is not null)
            {
                throw Failures.Exists($"sandbox \"{_id}\" exists already");
            }

            var mounted = _storages.Add(request.Storages);
            try
            {
                _namespaces = SandboxNamespaces.Create(request.Hostname);
            }
            catch
            {
                _storages.Release(mounted);
                throw;
            }

            _own = mounted;
            _id = request.SandboxId;
        }
    }

    /// <summary>Creates a container up to the point where its program could be executed. Leaves nothing behind when it fails.</summary>
    internal async Task CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellation)
    {
        SpecRules.Check(request);
        var namespaces = _namespaces ?? throw Failures.State("the sandbox is not created yet");
        var id = request.ContainerId;
        Containers.Reserve(id);
        try
        {
            var storages = _storages.Add(request.Storages);
            try
            {
                Containers.Set(await CreateContainerAsync(request, namespaces, storages, cancellation).ConfigureAwait(false));
            }
            catch
            {
                _storages.Release(storages);
                throw;
            }
        }
        catch
        {
            Containers.Remove(id);
            throw;
        }
    }

    /// <summary>Kills a container's processes, waits for their end, and forgets it.</summary>
    internal async Task RemoveContainerAsync(string id, CancellationToken deadline)
    {
        var container = Containers.Get(id);
        await container.RemoveAsync(deadline).ConfigureAwait(false);
        if (Containers.Remove(id))
        {
            _storages.Release(container.Storages);
        }
    }

    /// <summary>Removes all containers and unmounts the storages. The VM may be stopped after that.</summary>
    internal async Task DestroyAsync(CancellationToken deadline)
    {
        foreach (var container in Containers.All)
        {
            await RemoveContainerAsync(container.Id, deadline).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _storages.Release(_own);
            _own = [];
            _namespaces?.Dispose();
            _namespaces = null;
        }

        GuestKernel.Synchronize();
    }

    private async Task<Container> CreateContainerAsync(
        CreateContainerRequest request, SandboxNamespaces namespaces, IReadOnlyList<string> storages, CancellationToken cancellation)
    {
        var cgroup = ContainerCgroup.Create(cgroupParent, CgroupName(request.ContainerId), request.OCI.Linux?.Resources);
        try
        {
            var (process, pipes) = await launcher.LaunchAsync(request.OCI, namespaces.Entries(request.SandboxPidns)).ConfigureAwait(false);
            var container = new Container(request.ContainerId, process, cgroup, pipes, storages);
            try
            {
                cgroup.Enter(process.Pid);
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                deadline.CancelAfter(s_prepareDeadline);
                await container.PrepareAsync(deadline.Token).ConfigureAwait(false);
                if (request.SandboxPidns)
                {
                    namespaces.OfferPid(process.Pid);
                }

                return container;
            }
            catch
            {
                await UndoAsync(container.RemoveAsync).ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            await UndoAsync(cgroup.RemoveAsync).ConfigureAwait(false);
            throw;
        }
    }

    // The caller is told what failed first.
    private static async Task UndoAsync(Func<CancellationToken, Task> undo)
    {
        using var deadline = new CancellationTokenSource(s_undoDeadline);
        try
        {
            await undo(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is LinuxException or IOException or OperationCanceledException)
        {
            KernelLog.Warn($"undo: {failure.Message}");
        }
    }

    // An id may be longer than a file name.
    private string CgroupName(string id)
    {
        var number = Interlocked.Increment(ref _created);
        return id.Length <= LongestCgroupName && id.All(char.IsAscii) ? id : $"container-{number}";
    }
}

using KataActors.Agent.Boot;
using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>The sandbox of this guest, with its containers.</summary>
internal sealed class Sandbox(ContainerLauncher launcher)
{
    private static readonly TimeSpan s_prepareDeadline = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly StorageMounts _storages = new();
    private IReadOnlyList<string> _own = [];
    private SandboxNamespaces? _namespaces;
    private Task<WaitingContainer>? _next;
    private string? _id;
    private string _hostname = "";

    internal ContainerTable Containers { get; } = new();

    /// <summary>
    /// Mounts the sandbox's storages and makes the namespaces that its containers share. Called once in a guest's life; in a guest of the pool once
    /// more before, for a sandbox without an id.
    /// </summary>
    internal void Create(CreateSandboxRequest request)
    {
        lock (_gate)
        {
            if (_id is { Length: > 0 } id)
            {
                throw Failures.Exists($"sandbox \"{id}\" exists already");
            }

            GuestIdentities.Take(request.Identity);
            var mounted = _storages.Add(request.Storages);
            try
            {
                _namespaces ??= SandboxNamespaces.Create();
            }
            catch
            {
                _storages.Release(mounted);
                throw;
            }

            _own = [.. _own, .. mounted];
            _id = request.SandboxId;
            _hostname = request.Hostname.Length > 0 ? request.Hostname : request.Identity?.HostName ?? "";

            // In parallel with the host's preparations for the container.
            LaunchNext();
        }
    }

    /// <summary>Prepares the parts of the first container that are the same for every sandbox, for a guest that is saved or kept ready afterwards.</summary>
    internal async Task SettleAsync(CancellationToken cancellation)
    {
        Task<WaitingContainer> next;
        lock (_gate)
        {
            _namespaces ??= SandboxNamespaces.Create();
            next = LaunchNext();
        }

        var waiting = await next.WaitAsync(cancellation).ConfigureAwait(false);
        _ = await waiting.Process.Up.WaitAsync(cancellation).ConfigureAwait(false);

        // So that the next collection is as far away as possible.
        GC.Collect();
    }

    /// <summary>Creates a container up to the point where its program could be executed. Leaves nothing behind when it fails.</summary>
    internal async Task CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellation)
    {
        SpecRules.Check(request);
        var namespaces = _namespaces ?? throw Failures.State("the sandbox is not created yet");
        if (request.OCI.Hostname.Length == 0 && Containers.All.Count == 0)
        {
            // The first process of the first container sets the host name of the shared namespace.
            request.OCI.Hostname = _hostname;
        }

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

    /// <summary>Starts a further process in a running container.</summary>
    internal Task ExecProcessAsync(ExecProcessRequest request, CancellationToken cancellation)
    {
        SpecRules.Check(request);
        var namespaces = _namespaces ?? throw Failures.State("the sandbox is not created yet");
        return Containers.Get(request.ContainerId).ExecAsync(request, launcher, namespaces, cancellation);
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

        if (await TakeNextAsync().ConfigureAwait(false) is { } unused)
        {
            await Undo.RunAsync(unused.EndAsync).ConfigureAwait(false);
        }

        lock (_gate)
        {
            _storages.Release(_own);
            _own = [];
            _namespaces?.Dispose();
            _namespaces = null;
            (_id, _hostname) = (null, "");
        }

        GuestKernel.Synchronize();
    }

    private Task<WaitingContainer> LaunchNext() => _next ??= launcher.LaunchAsync(_namespaces!.Entries());

    // The waiting process; null when there is none, or it could not be launched.
    private async Task<WaitingContainer?> TakeNextAsync()
    {
        Task<WaitingContainer>? next;
        lock (_gate)
        {
            next = _next;
            _next = null;
        }

        try
        {
            return next is null ? null : await next.ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is LinuxException or IOException or TimeoutException)
        {
            KernelLog.Warn($"launch ahead: {failure.Message}");
            return null;
        }
    }

    // The waiting process; a new one when it has ended.
    private async Task<WaitingContainer> TakeWaitingAsync(SandboxNamespaces namespaces)
    {
        if (await TakeNextAsync().ConfigureAwait(false) is { } next)
        {
            if (await next.Process.Up.ConfigureAwait(false))
            {
                return next;
            }

            await Undo.RunAsync(next.EndAsync).ConfigureAwait(false);
        }

        // Its container notices when it has ended already.
        return await launcher.LaunchAsync(namespaces.Entries()).ConfigureAwait(false);
    }

    // The container whose pid namespace a new one shares; null when it gets its own.
    private Container? PidNamespaceOf(CreateContainerRequest request) =>
        request.PidNamespaceOf.Length > 0 ? Containers.Get(request.PidNamespaceOf) : request.SandboxPidns ? Containers.All.FirstOrDefault() : null;

    private async Task<Container> CreateContainerAsync(
        CreateContainerRequest request, SandboxNamespaces namespaces, IReadOnlyList<string> storages, CancellationToken cancellation)
    {
        var shared = PidNamespaceOf(request);
        var waiting = await (shared?.LaunchBesideAsync(launcher, namespaces) ?? TakeWaitingAsync(namespaces)).ConfigureAwait(false);
        var ids = IdMaps.Of(request.OCI.Linux);
        var container = new Container(request.ContainerId, waiting, request.OCI.Process, storages, ids, request.OCI.Hooks is not null);
        try
        {
            waiting.Process.Assign(request.OCI);
            if (ids is not null)
            {
                waiting.Process.GiveStreams(ids.User(request.OCI.Process.User?.UID ?? 0));
            }

            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_prepareDeadline);
            waiting.Cgroup.Limit(request.OCI.Linux?.Resources);
            CgroupOwner.Give(waiting.Cgroup.Folder, request.OCI, ids);
            await container.PrepareAsync(shared is not null, deadline.Token).ConfigureAwait(false);
            return container;
        }
        catch
        {
            await Undo.RunAsync(container.RemoveAsync).ConfigureAwait(false);
            throw;
        }
    }
}

using KataActors.Agent.Boot;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>What this guest runs: one sandbox and its containers.</summary>
internal sealed class Sandbox(ContainerLauncher launcher)
{
    private static readonly TimeSpan s_prepareDeadline = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly StorageMounts _storages = new();
    private IReadOnlyList<string> _own = [];
    private SandboxNamespaces? _namespaces;
    private Task<WaitingProcess>? _next;
    private string? _id;
    private string _hostname = "";

    internal ContainerTable Containers { get; } = new();

    /// <summary>
    /// Mounts the sandbox's storages and makes the namespaces that its containers share. Once in a guest's life; and once before for a sandbox
    /// without an id, which a guest that waits for its use prepares.
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

            // While the host gets the container ready, so does the guest.
            LaunchNext();
        }
    }

    /// <summary>Prepares what the first container needs and every sandbox has alike; for a guest that is saved or waits afterwards.</summary>
    internal async Task SettleAsync(CancellationToken cancellation)
    {
        Task<WaitingProcess> next;
        lock (_gate)
        {
            _namespaces ??= SandboxNamespaces.Create();
            next = LaunchNext();
        }

        var process = await next.WaitAsync(cancellation).ConfigureAwait(false);
        _ = await process.Up.WaitAsync(cancellation).ConfigureAwait(false);

        // The next collection is as far away as can be.
        GC.Collect();
    }

    /// <summary>Creates a container up to the point where its program could be executed. Leaves nothing behind when it fails.</summary>
    internal async Task CreateContainerAsync(CreateContainerRequest request, CancellationToken cancellation)
    {
        SpecRules.Check(request);
        var namespaces = _namespaces ?? throw Failures.State("the sandbox is not created yet");
        if (request.OCI.Hostname.Length == 0 && Containers.All.Count == 0)
        {
            // Its first process is born in the namespace that has to be named.
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

    private Task<WaitingProcess> LaunchNext() => _next ??= launcher.LaunchAsync(_namespaces!.Entries(sharedPid: false));

    // The process that waits; null when there is none, or it could not be launched.
    private async Task<WaitingProcess?> TakeNextAsync()
    {
        Task<WaitingProcess>? next;
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

    // The process that waits, unless it was born in the wrong place or has not lived: then one more.
    private async Task<WaitingProcess> TakeProcessAsync(SandboxNamespaces namespaces, bool sharedPid)
    {
        if (!(sharedPid && namespaces.OffersPid) && await TakeNextAsync().ConfigureAwait(false) is { } waiting)
        {
            if (await waiting.Up.ConfigureAwait(false))
            {
                return waiting;
            }

            await Undo.RunAsync(waiting.EndAsync).ConfigureAwait(false);
        }

        var process = await launcher.LaunchAsync(namespaces.Entries(sharedPid)).ConfigureAwait(false);

        // One that has ended already is found out by its container.
        _ = await process.Up.ConfigureAwait(false);
        return process;
    }

    private async Task<Container> CreateContainerAsync(
        CreateContainerRequest request, SandboxNamespaces namespaces, IReadOnlyList<string> storages, CancellationToken cancellation)
    {
        var waiting = await TakeProcessAsync(namespaces, request.SandboxPidns).ConfigureAwait(false);
        var container = new Container(request.ContainerId, waiting, storages);
        try
        {
            waiting.Cgroup.Limit(request.OCI.Linux?.Resources);
            waiting.Assign(request.OCI);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            deadline.CancelAfter(s_prepareDeadline);
            await container.PrepareAsync(deadline.Token).ConfigureAwait(false);
            if (request.SandboxPidns)
            {
                namespaces.OfferPid(container.Pid);
            }

            return container;
        }
        catch
        {
            await Undo.RunAsync(container.RemoveAsync).ConfigureAwait(false);
            throw;
        }
    }
}

namespace KataActors.Runtime.Sandboxes;

/// <summary>The sandboxes and containers of the node, indexed by each of their keys.</summary>
/// <typeparam name="TEntry">What is kept of a sandbox.</typeparam>
internal sealed class SandboxTable<TEntry>
    where TEntry : class
{
    private readonly Dictionary<Guid, (SandboxRegistration Registration, TEntry Entry)> _sandboxes = [];
    private readonly Dictionary<ContainerKey, (Guid Sandbox, ContainerSnapshot Snapshot)> _containers = [];

    // A crash between two writes of the register can leave an old incarnation beside its successor.
    private readonly GroupedKeys<ContainerKey, Guid> _uuidsByKey = new();
    private readonly GroupedKeys<string, Guid> _uuidsByHostName = new();
    private readonly GroupedKeys<Guid, ContainerKey> _containersBySandbox = new();
    private readonly GroupedKeys<string, ContainerKey> _containersByRoot = new();

    /// <summary>All sandboxes.</summary>
    public IEnumerable<TEntry> Sandboxes => _sandboxes.Values.Select(sandbox => sandbox.Entry);

    /// <summary>Adds a sandbox.</summary>
    /// <exception cref="ArgumentException">The uuid is in use.</exception>
    public void Add(SandboxRegistration registration, TEntry entry)
    {
        _sandboxes.Add(registration.Uuid, (registration, entry));
        _uuidsByKey.Add(registration.Key, registration.Uuid);
        _uuidsByHostName.Add(registration.HostName, registration.Uuid);
    }

    /// <summary>Removes a sandbox and its containers. False when there is none.</summary>
    public bool Remove(Guid uuid)
    {
        if (!_sandboxes.Remove(uuid, out var removed))
        {
            return false;
        }

        _uuidsByKey.Remove(removed.Registration.Key, uuid);
        _uuidsByHostName.Remove(removed.Registration.HostName, uuid);
        foreach (var container in _containersBySandbox[uuid].ToArray())
        {
            RemoveContainer(container);
        }

        return true;
    }

    /// <summary>The sandbox of an incarnation; null for none.</summary>
    public TEntry? Find(Guid uuid) => _sandboxes.GetValueOrDefault(uuid).Entry;

    /// <summary>A sandbox by its key; null for none.</summary>
    public TEntry? Find(ContainerKey sandbox) => Find(_uuidsByKey[sandbox].FirstOrDefault());

    /// <summary>Whether a sandbox has this name on the host.</summary>
    public bool HasHostName(string hostName) => _uuidsByHostName[hostName].Count > 0;

    /// <summary>Adds a container to a sandbox, or replaces its snapshot.</summary>
    /// <exception cref="ArgumentException">There is no such sandbox.</exception>
    public void Put(Guid sandbox, ContainerSnapshot container)
    {
        if (!_sandboxes.ContainsKey(sandbox))
        {
            throw new ArgumentException($"there is no sandbox {sandbox}", nameof(sandbox));
        }

        RemoveContainer(container.Key);
        _containers[container.Key] = (sandbox, container);
        _containersBySandbox.Add(sandbox, container.Key);
        _containersByRoot.Add(container.Key.Root, container.Key);
    }

    /// <summary>Takes a report about a container; ignored when its sandbox is unknown.</summary>
    public void Report(ContainerSnapshot container)
    {
        if (_containers.TryGetValue(container.Key, out var known))
        {
            _containers[container.Key] = known with { Snapshot = container };
        }
        else if (_uuidsByKey[container.Key with { Id = container.SandboxId }] is { Count: > 0 } owners)
        {
            Put(owners.First(), container);
        }
    }

    /// <summary>Removes a container, if present.</summary>
    public void RemoveContainer(ContainerKey key)
    {
        if (_containers.Remove(key, out var removed))
        {
            _containersBySandbox.Remove(removed.Sandbox, key);
            _containersByRoot.Remove(key.Root, key);
        }
    }

    /// <summary>A container; null for none.</summary>
    public ContainerSnapshot? FindContainer(ContainerKey key) => _containers.GetValueOrDefault(key).Snapshot;

    /// <summary>The sandbox of a container; null for none.</summary>
    public TEntry? FindOwner(ContainerKey container) => _containers.TryGetValue(container, out var found) ? Find(found.Sandbox) : null;

    /// <summary>The containers of an id space, in no order.</summary>
    public IEnumerable<ContainerSnapshot> Containers(string root) => _containersByRoot[root].Select(key => _containers[key].Snapshot);
}

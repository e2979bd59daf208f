using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Containers;

/// <summary>The containers by id. An id is taken from the moment its creation begins.</summary>
internal sealed class ContainerTable
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, Container?> _containers = [];

    /// <summary>All containers that are fully created, the oldest first.</summary>
    internal IReadOnlyList<Container> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _containers.Values.OfType<Container>()];
            }
        }
    }

    /// <summary>Takes the id.</summary>
    internal void Reserve(string id)
    {
        lock (_gate)
        {
            if (!_containers.TryAdd(id, null))
            {
                throw Failures.Exists($"container \"{id}\" exists already");
            }
        }
    }

    internal void Set(Container container)
    {
        lock (_gate)
        {
            _containers[container.Id] = container;
        }
    }

    /// <summary>Frees the id; false when it is free.</summary>
    internal bool Remove(string id)
    {
        lock (_gate)
        {
            return _containers.Remove(id);
        }
    }

    /// <summary>The container.</summary>
    /// <exception cref="TtrpcException">There is no such container, or it is still being created.</exception>
    internal Container Get(string id)
    {
        lock (_gate)
        {
            if (!_containers.TryGetValue(id, out var container))
            {
                throw Failures.NotFound($"container \"{id}\" not found");
            }

            return container ?? throw Failures.State($"container \"{id}\" is still being created");
        }
    }
}

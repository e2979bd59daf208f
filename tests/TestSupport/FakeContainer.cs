using System.Collections.Concurrent;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;

namespace KataActors.TestSupport;

/// <summary>A container as a <see cref="FakeDaemon"/> plays it: its first process, and those that were added.</summary>
public sealed class FakeContainer(CreateRequest request) : FakeContainerProcess(request.StandIn)
{
    private readonly ConcurrentDictionary<string, FakeContainerProcess> _added = new();

    public CreateRequest Request => request;

    /// <summary>The hooks of its specification, as the daemon hands them out.</summary>
    public List<Hook> Poststart { get; } = [];

    public List<Hook> Poststop { get; } = [];

    /// <summary>The processes that were added and are known yet.</summary>
    public IReadOnlyCollection<FakeContainerProcess> Added => [.. _added.Values];

    /// <summary>The process of that id, the first one for none; null when it is unknown.</summary>
    public FakeContainerProcess? Find(string process) => process.Length == 0 ? this : _added.GetValueOrDefault(process);

    /// <summary>Adds a running process, once.</summary>
    public void Add(ExecRequest added) => _added.GetOrAdd(added.Process, _ => new FakeContainerProcess(added.StandIn) { Status = "running" });

    /// <summary>Waits for the first process that is added.</summary>
    public async Task<FakeContainerProcess> AddedAsync()
    {
        await Eventually.HoldsAsync(() => !_added.IsEmpty);
        return _added.Values.Single();
    }

    /// <summary>Forgets the added processes, as after their end.</summary>
    public void ForgetAdded() => _added.Clear();
}

using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Remembers what was reported of a sandbox, so that a report carries only what has changed since.</summary>
internal sealed class SandboxReporter
{
    private SandboxSnapshot? _sandbox;
    private Dictionary<string, ContainerSnapshot> _containers = [];

    /// <summary>What to tell the manager now: a <see cref="SandboxChanged"/>, and <see cref="ContainerChanged"/>s. It counts as told.</summary>
    public IReadOnlyList<object> News(SandboxRecord record)
    {
        var news = new List<object>();
        var sandbox = record.ToSnapshot();
        if (sandbox != _sandbox)
        {
            news.Add(new SandboxChanged(sandbox));
        }

        // One that is gone is forgotten with the old ones: the next of its id is news.
        var containers = record.Containers.ToDictionary(container => container.Key, container => container.Value.ToSnapshot(record.Key.Id));
        news.AddRange(containers
            .Where(container => container.Value != _containers.GetValueOrDefault(container.Key))
            .Select(container => new ContainerChanged(container.Value)));
        (_sandbox, _containers) = (sandbox, containers);
        return news;
    }
}

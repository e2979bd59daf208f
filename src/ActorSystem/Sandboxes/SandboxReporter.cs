using static KataActors.Runtime.Sandboxes.SandboxReports;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Remembers the last reports of a sandbox, so that a report carries changes only.</summary>
internal sealed class SandboxReporter
{
    private SandboxSnapshot? _sandbox;
    private Dictionary<string, ContainerSnapshot> _containers = [];

    /// <summary>The reports that are due: a <see cref="SandboxChanged"/>, and <see cref="ContainerChanged"/>s. They count as sent.</summary>
    public IReadOnlyList<object> News(SandboxRecord record)
    {
        var news = new List<object>();
        var sandbox = record.ToSnapshot();
        if (sandbox != _sandbox)
        {
            news.Add(new SandboxChanged(sandbox));
        }

        // A removed container is forgotten: a new one with its id is reported.
        var containers = record.Containers.ToDictionary(container => container.Key, container => container.Value.ToSnapshot(record.Key.Id));
        news.AddRange(containers
            .Where(container => container.Value != _containers.GetValueOrDefault(container.Key))
            .Select(container => new ContainerChanged(container.Value)));
        (_sandbox, _containers) = (sandbox, containers);
        return news;
    }
}

using KataActors.Protocol.Control;

namespace KataActors.Cli.Daemon;

/// <summary>Asks for lists page by page, until they are complete.</summary>
internal static class DaemonLists
{
    private const uint PageSize = 1000;

    /// <summary>The containers of an id space.</summary>
    public static List<Container> Containers(DaemonConnection daemon, string root)
    {
        var request = new ListRequest { Root = root, PageSize = PageSize };
        var containers = new List<Container>();
        do
        {
            var page = daemon.Call(ControlServiceNames.List, request, ListResponse.Parser, Deadlines.Query);
            containers.AddRange(page.Containers);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return containers;
    }

    /// <summary>All sandboxes, in the order of their creation, and why some may be missing; empty when all are there.</summary>
    public static (IReadOnlyCollection<SandboxSummary> Sandboxes, string JournalProblem) Sandboxes(DaemonConnection daemon)
    {
        var request = new ListSandboxesRequest { PageSize = PageSize };
        var sandboxes = new List<SandboxSummary>();
        ListSandboxesResponse page;
        do
        {
            page = daemon.Call(ControlServiceNames.ListSandboxes, request, ListSandboxesResponse.Parser, Deadlines.Query);
            sandboxes.AddRange(page.Sandboxes);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return ([.. sandboxes.OrderBy(sandbox => sandbox.CreatedUnixNs)], page.JournalProblem);
    }

    /// <summary>One sandbox with all of its containers, in the order of their creation.</summary>
    public static InspectSandboxResponse Sandbox(DaemonConnection daemon, string root, string id)
    {
        var request = new InspectSandboxRequest { Root = root, Id = id, PageSize = PageSize };
        var containers = new List<Container>();
        InspectSandboxResponse page;
        do
        {
            page = daemon.Call(ControlServiceNames.InspectSandbox, request, InspectSandboxResponse.Parser, Deadlines.Query);
            containers.AddRange(page.Containers);
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        page.Containers.Clear();
        page.Containers.AddRange(containers.OrderBy(container => container.CreatedUnixNs));
        return page;
    }
}

namespace KataActors.Bench;

/// <summary>The peer: a running container of runc.</summary>
internal sealed class RuncContainer : IAsyncDisposable
{
    private readonly Workspace _workspace;
    private readonly string _root;

    private RuncContainer(Workspace workspace)
    {
        _workspace = workspace;
        _root = workspace.NewPath("runc");
        Id = workspace.NewId();
    }

    /// <summary>The path of runc.</summary>
    public static string Program { get; } =
        ((string[])["/usr/sbin/runc", "/usr/bin/runc", "/usr/local/sbin/runc", "/usr/local/bin/runc"]).FirstOrDefault(File.Exists)
        ?? throw new BenchException("runc not found: package runc has it");

    public string Id { get; }

    public static async Task<RuncContainer> StartAsync(Workspace workspace, Bundle bundle, CancellationToken cancellation)
    {
        var container = new RuncContainer(workspace);
        try
        {
            // Its stdin ends at once, and so its process sleeps at once.
            await container.RunAsync(cancellation, "run", "--detach", "--bundle", bundle.Path, container.Id).ConfigureAwait(false);
            return container;
        }
        catch
        {
            await container.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Creates, starts and deletes one; the time of create and start.</summary>
    public static async Task<TimeSpan> TimeAsync(Workspace workspace, Bundle bundle, CancellationToken cancellation)
    {
        var container = new RuncContainer(workspace);
        using var errors = new OutputFile(workspace.NewPath("errors"));
        try
        {
            return await ChildProcess.TimeAsync(container.Command("create", "--bundle", bundle.Path, container.Id), errors, cancellation).ConfigureAwait(false)
                + await ChildProcess.TimeAsync(container.Command("start", container.Id), errors, cancellation).ConfigureAwait(false);
        }
        finally
        {
            await container.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The command line of runc with these arguments, for its containers.</summary>
    public string[] Command(params ReadOnlySpan<string> arguments) => [Program, "--root", _root, .. arguments];

    public async ValueTask DisposeAsync() => await RunAsync(CancellationToken.None, "delete", "--force", Id).ConfigureAwait(false);

    private async Task RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using var errors = new OutputFile(_workspace.NewPath("errors"));
        await ChildProcess.TimeAsync(Command(arguments), errors, cancellation).ConfigureAwait(false);
    }
}

using System.Diagnostics;
using System.Text.Json;

namespace KataActors.Bench;

/// <summary>A daemon whose VMs are clones, with a template of its own in memory.</summary>
internal sealed class FactoryDaemon : IAsyncDisposable
{
    private readonly string _folder;

    private FactoryDaemon(string folder, Daemon daemon)
    {
        _folder = folder;
        Daemon = daemon;
    }

    public Daemon Daemon { get; }

    /// <param name="options">The build.</param>
    /// <param name="workspace">For its files.</param>
    /// <param name="pool">So many VMs wait ready.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<FactoryDaemon> StartAsync(BenchOptions options, Workspace workspace, int pool, CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory($"/dev/shm/kata-actors-bench-{Guid.NewGuid():N}").FullName;
        try
        {
            var configuration = workspace.NewPath("conf");
            await File.WriteAllTextAsync(
                configuration, $"kata-actors.factory {{ enable-template = on, template-path = \"{folder}\", vm-cache-number = {pool} }}", cancellation).ConfigureAwait(false);
            return new FactoryDaemon(folder, await Daemon.StartAsync(options, workspace, cancellation, configuration).ConfigureAwait(false));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Makes the template; the time from the agent's answer to the end of the command.</summary>
    public async Task<TimeSpan> InitAsync(CancellationToken cancellation)
    {
        using var output = new OutputFile(Path.Combine(_folder, "init"));
        using var errors = new OutputFile(Path.Combine(_folder, "errors"));
        var init = ChildProcess.TimeAsync(Daemon.Command("factory", "init"), errors, cancellation, output: output.Handle);
        while (!init.IsCompleted && !output.Text.Contains("saving", StringComparison.Ordinal))
        {
            await Task.Delay(1, cancellation).ConfigureAwait(false);
        }

        var saving = Stopwatch.GetTimestamp();
        await init.ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(saving);
    }

    /// <summary>Waits until so many VMs are ready.</summary>
    public async Task ReadyAsync(int count, CancellationToken cancellation)
    {
        for (var begin = Stopwatch.GetTimestamp(); await NumberAsync("pool", "ready", cancellation).ConfigureAwait(false) < count; await Task.Delay(Limits.Poll * 10, cancellation).ConfigureAwait(false))
        {
            if (Stopwatch.GetElapsedTime(begin) > Limits.Command)
            {
                throw new BenchException($"the pool does not reach {count}");
            }
        }
    }

    /// <summary>A figure that is no clone's is none of a clone.</summary>
    /// <exception cref="BenchException">A VM was booted cold.</exception>
    public async Task RefuseColdAsync(CancellationToken cancellation)
    {
        if (await NumberAsync("counts", "cold", cancellation).ConfigureAwait(false) is not 0 and var cold)
        {
            throw new BenchException($"{cold} sandboxes fell back to a cold boot");
        }
    }

    /// <summary>The processes whose command line names the template.</summary>
    public IEnumerable<int> Vmms() => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), out var pid) ? pid : 0)
        .Where(pid => pid > 0 && IsClone(pid));

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<long> NumberAsync(string section, string name, CancellationToken cancellation)
    {
        using var status = JsonDocument.Parse(await Daemon.RunAsync(cancellation, "factory", "status", "--format", "json").ConfigureAwait(false));
        return status.RootElement.GetProperty(section).GetProperty(name).GetInt64();
    }

    private bool IsClone(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains($"mem-path={_folder}", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}

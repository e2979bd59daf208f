namespace KataActors.EndToEnd.Tests.Support;

/// <summary>A daemon whose VMs are clones, with a template of its own on the host's tmpfs.</summary>
internal sealed class FactoryUnderTest : IAsyncDisposable
{
    private const string Patience = "kata-actors.deadlines { boot = 5 m, agent-call = 2 m, queue = 5 m, clone = 2 m }";

    private FactoryUnderTest(string folder) => Folder = folder;

    public DaemonUnderTest Daemon { get; private set; } = null!;

    /// <summary>The template's folder.</summary>
    public string Folder { get; }

    public string Memory => Path.Combine(Folder, "current", "memory");

    public string State => Path.Combine(Folder, "current", "state");

    public string Manifest => Path.Combine(Folder, "current", "manifest.json");

    /// <param name="pool">So many VMs wait ready.</param>
    /// <param name="template">Whether VMs are clones; else they boot cold.</param>
    /// <param name="configuration">HOCON over all of this.</param>
    public static async Task<FactoryUnderTest> StartAsync(int pool = 0, bool template = true, string configuration = "")
    {
        var factory = new FactoryUnderTest(Directory.CreateDirectory($"/dev/shm/ka-e2e-{Guid.NewGuid():N}").FullName);
        try
        {
            factory.Daemon = await DaemonUnderTest.StartAsync(
                $"{Patience}\nkata-actors.hypervisor.default-maxvcpus = 4\n"
                + $"kata-actors.factory {{ enable-template = {(template ? "on" : "off")}, template-path = \"{factory.Folder}\", vm-cache-number = {pool}, concurrent-boots = 2 }}\n{configuration}");
            return factory;
        }
        catch
        {
            Directory.Delete(factory.Folder, recursive: true);
            throw;
        }
    }

    public Task<JsonNode> StatusAsync() => Daemon.JsonAsync("factory", "status", "--format", "json");

    public async Task<string> TemplateStateAsync() => (string)(await StatusAsync())["template"]!["state"]!;

    public Task ReadyAsync(int pool) => Eventually.TrueAsync(
        async () => (int)(await StatusAsync())["pool"]!["ready"]! >= pool, () => $"the pool does not reach {pool}", TimeSpan.FromMinutes(2));

    /// <summary>Creates and starts a container; returns the command that stands for its output.</summary>
    public async Task<RunningCommand> RunAsync(string id, TestBundle bundle)
    {
        var create = Daemon.Start("create", "--bundle", bundle.Path, id);
        (await create.FinishAsync()).MustSucceed();
        await Daemon.SucceedAsync("start", id);
        return create;
    }

    public async Task<string> SourceAsync(string id) => (string)(await Daemon.InspectAsync(id))["vmSource"]!;

    /// <summary>The cgroups of the VMs that wait in the pool, or boot for it, found by the uuids of this daemon's run directories.</summary>
    public IEnumerable<string> PoolGroups() => Directory.GetDirectories(Path.Combine(Daemon.RunDirectory, "factory"))
        .Select(directory => Path.Combine(VcpuGroup.Hierarchy, $"kata-pool-{Path.GetFileName(directory)}")).Where(Directory.Exists);

    /// <summary>The QEMUs of this daemon.</summary>
    public IEnumerable<int> Vmms() => Daemon.Processes().Where(process => process.CommandLine.Contains("qemu-system", StringComparison.Ordinal)).Select(process => process.Pid);

    public static void Kill(int pid)
    {
        using var process = ProcessIdentity.TryRead(pid) is { } identity ? Pidfd.TryOpen(identity) : null;
        process?.Signal(Signals.SIGKILL);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Daemon.DisposeAsync();
        }
        finally
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}

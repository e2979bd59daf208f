using KataActors.TestSupport;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>What of a daemon's sandboxes is on the host: processes, mounts, cgroups, network links, run directory, bundles, list.</summary>
internal sealed class HostSnapshot
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5) * Patience.Factor;

    private readonly DaemonUnderTest _daemon;
    private readonly SortedSet<string> _items;

    private HostSnapshot(DaemonUnderTest daemon, SortedSet<string> items)
    {
        _daemon = daemon;
        _items = items;
    }

    public static async Task<HostSnapshot> TakeAsync(DaemonUnderTest daemon) => new(daemon, await ReadAsync(daemon));

    /// <summary>A host on which nothing is the daemon's but its own process.</summary>
    public static HostSnapshot WithoutSandboxes(DaemonUnderTest daemon) => new(daemon, [.. Links()]);

    /// <summary>Mounts in the host's table that belong to the daemon.</summary>
    public static IEnumerable<string> Mounts(DaemonUnderTest daemon) =>
        File.ReadAllLines("/proc/self/mountinfo").Where(line => line.Contains(daemon.Directory, StringComparison.Ordinal) || line.Contains("kataShared", StringComparison.Ordinal));

    /// <summary>The host must look as it did then. A process that has been told to end may take a moment.</summary>
    public async Task MustBeRestoredAsync()
    {
        IReadOnlyList<string> difference = [];
        await Eventually.TrueAsync(
            async () =>
            {
                var now = await ReadAsync(_daemon);
                difference = [.. now.Except(_items).Select(item => $"left: {item}"), .. _items.Except(now).Select(item => $"lost: {item}")];
                return difference.Count == 0;
            },
            () => string.Join('\n', difference),
            s_grace);
    }

    private static async Task<SortedSet<string>> ReadAsync(DaemonUnderTest daemon)
    {
        SortedSet<string> items = new(StringComparer.Ordinal);
        if (await daemon.AnswersAsync())
        {
            Add("container", Lines((await daemon.RunAsync("list", "--quiet")).MustSucceed()));
            Add("sandbox", Lines((await daemon.RunAsync("sandbox", "list", "--quiet")).MustSucceed()));
        }

        Add("process", daemon.Processes().Where(process => process.Pid != daemon.Pid).Select(process => $"{process.Pid} {process.CommandLine}"));
        Add("mount", Mounts(daemon));
        Add("cgroup", daemon.Cgroups());
        items.UnionWith(Links());
        var sandboxes = Path.Combine(daemon.RunDirectory, "sandboxes");
        Add("run directory", Directory.Exists(sandboxes) ? Directory.GetFileSystemEntries(sandboxes) : []);
        Add("file", Directory.GetDirectories(daemon.Bundles).SelectMany(bundle => Directory.GetFileSystemEntries(bundle)));
        return items;

        void Add(string kind, IEnumerable<string> found) => items.UnionWith(found.Select(item => $"{kind} {item}"));
    }

    private static IEnumerable<string> Links() => Directory.GetFileSystemEntries("/sys/class/net").Select(link => $"link {link}");

    private static string[] Lines(CommandResult result) => result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

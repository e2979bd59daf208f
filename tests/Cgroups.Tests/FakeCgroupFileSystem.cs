using KataActors.Linux;

namespace KataActors.Cgroups.Tests;

/// <summary>A cgroup v1 cpu hierarchy in memory at /cg, which records what is done to it and fails when told.</summary>
internal sealed class FakeCgroupFileSystem : ICgroupFileSystem
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<string, string>> _groups = new() { ["/cg"] = Files() };
    private readonly List<string> _log = [];

    /// <summary>Where the hierarchy is; null when it is not mounted.</summary>
    public string? Hierarchy { get; set; } = "/cg";

    /// <summary>Decides on each call, such as <c>rmdir /cg/kata/x</c>, whether it fails, and with which error number.</summary>
    public Func<string, int?> Fault { get; set; } = _ => null;

    /// <summary>The VMM's threads, asked for once in each pass.</summary>
    public Func<IReadOnlyList<int>> VmmThreads { get; set; } = () => [];

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_lock)
            {
                return [.. _log];
            }
        }
    }

    public string? FindHierarchy(string controller) => Hierarchy;

    public IReadOnlyList<int> Threads(int pid) => VmmThreads();

    public void MakeDirectory(string path) => Do("mkdir", path, "", () => _groups.TryAdd(path, Files()));

    public void RemoveDirectory(string path) => Do("rmdir", path, "", () =>
    {
        if (_groups.TryGetValue(path, out var files) && files["tasks"].Length > 0)
        {
            throw new LinuxException(Errno.EBUSY, "rmdir", path);
        }

        return _groups.Remove(path);
    });

    public IReadOnlyList<string> Subdirectories(string path)
    {
        lock (_lock)
        {
            return [.. _groups.Keys.Where(group => Path.GetDirectoryName(group) == path)];
        }
    }

    public string Read(string path)
    {
        lock (_lock)
        {
            return File(path, "open")[Path.GetFileName(path)];
        }
    }

    public void Write(string path, string text) => Do("write", path, " " + text, () =>
    {
        var files = File(path, "open");
        if (Path.GetFileName(path) != "tasks")
        {
            return files[Path.GetFileName(path)] = text + "\n";
        }

        foreach (var group in _groups.Values)
        {
            group["tasks"] = string.Concat(group["tasks"].Split('\n').Where(tid => tid.Length > 0 && tid != text).Select(tid => tid + "\n"));
        }

        return files["tasks"] += text + "\n";
    });

    private static Dictionary<string, string> Files() => new()
    {
        ["tasks"] = "",
        ["cpu.cfs_quota_us"] = "-1\n",
        ["cpu.cfs_period_us"] = "100000\n",
        ["cpu.stat"] = "nr_periods 0\nnr_throttled 0\nthrottled_time 0\n",
    };

    private Dictionary<string, string> File(string path, string call) =>
        _groups.TryGetValue(Path.GetDirectoryName(path)!, out var files) ? files : throw new LinuxException(Errno.ENOENT, call, path);

    private void Do(string call, string path, string detail, Func<object> change)
    {
        lock (_lock)
        {
            _log.Add($"{call} {path}{detail}");
            if (Fault($"{call} {path}{detail}") is { } errno)
            {
                throw new LinuxException(errno, call, path);
            }

            change();
        }
    }
}

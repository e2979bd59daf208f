using System.Globalization;
using KataActors.Linux;

namespace KataActors.Cgroups.Tests;

/// <summary>
/// Cgroup hierarchies in memory, of either version, with the kernel's rules that concern sandboxes. They record the calls, and fail on demand.
/// By default there is one v1 hierarchy with the controller cpu at /cg.
/// </summary>
internal sealed class FakeCgroupFileSystem : ICgroupFileSystem
{
    private const string Domain = "domain";
    private const string Threaded = "threaded";
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Group> _groups = [];
    private readonly List<MountInfo> _mounts = [];
    private readonly List<string> _log = [];

    public FakeCgroupFileSystem() => MountV1("/cg", "cpu");

    /// <summary>Decides on each call, such as <c>rmdir /cg/kata/x</c>, whether it fails, and with which error number.</summary>
    public Func<string, int?> Fault { get; set; } = _ => null;

    /// <summary>The VMM's threads, asked for once in each pass.</summary>
    public Func<IReadOnlyList<int>> VmmThreads { get; set; } = () => [];

    /// <summary>Threads of other processes, by process id.</summary>
    public Dictionary<int, int[]> Processes { get; } = [];

    public string? OwnGroup { get; set; } = "/own";

    public Dictionary<int, int[]> Affinity { get; } = [];

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

    public FakeCgroupFileSystem Unmount()
    {
        _mounts.Clear();
        _groups.Clear();
        return this;
    }

    public FakeCgroupFileSystem MountV1(string path, params string[] controllers)
    {
        _mounts.Add(new MountInfo("/", path, "cgroup", "cgroup", ["rw", .. controllers]));
        _groups[path] = new Group(path, isUnified: false, controllers) { IsRoot = true };
        Fill(_groups[path], "cpuset.cpus", "0-3");
        Fill(_groups[path], "cpuset.mems", "0");
        return this;
    }

    public FakeCgroupFileSystem MountV2(string path, params string[] controllers)
    {
        _mounts.Add(new MountInfo("/", path, "cgroup2", "cgroup2", ["rw", "nsdelegate"]));
        _groups[path] = new Group(path, isUnified: true, controllers) { IsRoot = true };
        _groups[path].Files["cgroup.controllers"] = string.Join(' ', controllers) + "\n";
        Fill(_groups[path], "cpuset.cpus.effective", "0-3");
        Fill(_groups[path], "cpuset.mems.effective", "0");
        MakeDirectory($"{path}/own");
        _log.Clear();
        return this;
    }

    public IReadOnlyList<MountInfo> Mounts() => _mounts;

    public string? OwnUnifiedGroup() => OwnGroup;

    public IReadOnlyList<int> Threads(int pid) => Processes.TryGetValue(pid, out var threads) ? threads : VmmThreads();

    public bool MakeDirectory(string path)
    {
        var made = false;
        Do("mkdir", path, "", () =>
        {
            var parent = GroupOf(Path.Combine(path, "x"), "mkdir", up: 1);
            made = _groups.TryAdd(path, new Group(path, parent.IsUnified, parent.IsUnified ? parent.Enabled : parent.Controllers));
        });
        return made;
    }

    public void RemoveDirectory(string path) => Do("rmdir", path, "", () =>
    {
        if (_groups.TryGetValue(path, out var group) && (group.Threads.Count > 0 || Below(path).Any()))
        {
            throw new LinuxException(Errno.EBUSY, "rmdir", path);
        }

        _groups.Remove(path);
    });

    public IReadOnlyList<string> Subdirectories(string path)
    {
        lock (_lock)
        {
            return [.. Below(path)];
        }
    }

    public string? ReadMark(string group, string mark)
    {
        lock (_lock)
        {
            return _groups.GetValueOrDefault(group)?.Marks.GetValueOrDefault(mark);
        }
    }

    public void SetMark(string group, string mark, string value) => Do("mark", group, $" {mark} {value}", () => GroupOf(Path.Combine(group, mark), "setxattr").Marks[mark] = value);

    public void RemoveMark(string group, string mark) => Do("unmark", group, $" {mark}", () => _groups.GetValueOrDefault(group)?.Marks.Remove(mark));

    public string Read(string path)
    {
        lock (_lock)
        {
            var group = GroupOf(path, "open");
            return Path.GetFileName(path) switch
            {
                "cgroup.procs" when group.Files.GetValueOrDefault("cgroup.type") == Threaded + "\n" => throw new LinuxException(Errno.EOPNOTSUPP, "read", path),
                "cgroup.procs" => Lines(Domains(group).SelectMany(inner => inner.Threads).Select(ProcessOf).Distinct()),
                "tasks" or "cgroup.threads" => Lines(group.Threads),
                var file => group.Files.TryGetValue(file, out var text) ? text : throw new LinuxException(Errno.ENOENT, "open", path),
            };
        }
    }

    public void Write(string path, string text) => Do("write", path, " " + text, () =>
    {
        var group = GroupOf(path, "open");
        switch (Path.GetFileName(path))
        {
            case "tasks" or "cgroup.threads":
                Move([Number(text)], group);
                break;
            case "cgroup.procs":
                if (!group.IsRoot && group.Enabled.Any(controller => controller is not ("cpu" or "cpuset" or "pids")))
                {
                    throw new LinuxException(Errno.EBUSY, "write", path);
                }

                Move(Threads(Number(text)), group);
                break;
            case "cgroup.subtree_control":
                group.Enabled = [.. group.Enabled.Append(text[1..]).Distinct()];
                group.Files["cgroup.subtree_control"] = string.Join(' ', group.Enabled) + "\n";
                foreach (var inner in Below(group.Path))
                {
                    _groups[inner].Add(text[1..]);
                }

                break;
            case var file when group.Files.ContainsKey(file):
                group.Files[file] = text.TrimEnd('\n') + "\n";
                break;
            default:
                throw new LinuxException(Errno.ENOENT, "open", path);
        }
    });

    public void SetAffinity(int tid, IReadOnlyCollection<int> cpus) => Do("affinity", $"{tid}", $" {string.Join(',', cpus)}", () => Affinity[tid] = [.. cpus]);

    private static void Fill(Group group, string file, string value)
    {
        if (group.Files.ContainsKey(file))
        {
            group.Files[file] = value + "\n";
        }
    }

    private static string Lines(IEnumerable<int> numbers) => string.Concat(numbers.Select(number => $"{number}\n"));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private int ProcessOf(int tid) => Processes.FirstOrDefault(process => process.Value.Contains(tid), new(tid, [])).Key;

    private IEnumerable<Group> Domains(Group group) =>
        group.IsUnified ? [group, .. Below(group.Path).Select(path => _groups[path]).Where(inner => inner.Files["cgroup.type"] == Threaded + "\n")] : [group];

    private IEnumerable<string> Below(string path) => _groups.Keys.Where(group => Path.GetDirectoryName(group) == path).ToList();

    private void Move(IReadOnlyList<int> tids, Group group)
    {
        var hierarchy = _mounts.Last(mount => group.Path.StartsWith(mount.MountPoint, StringComparison.Ordinal)).MountPoint;
        foreach (var other in _groups.Values.Where(other => other.Path.StartsWith(hierarchy, StringComparison.Ordinal)))
        {
            other.Threads.RemoveAll(tids.Contains);
        }

        group.Threads.AddRange(tids);
    }

    private Group GroupOf(string path, string call, int up = 0)
    {
        var group = Path.GetDirectoryName(path)!;
        for (; up > 0; up--)
        {
            group = Path.GetDirectoryName(group)!;
        }

        return _groups.TryGetValue(group, out var found) ? found : throw new LinuxException(Errno.ENOENT, call, path);
    }

    private void Do(string call, string path, string detail, Action change)
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

    private sealed class Group
    {
        public Group(string path, bool isUnified, IEnumerable<string> controllers)
        {
            (Path, IsUnified, Controllers) = (path, isUnified, [.. controllers]);
            if (isUnified)
            {
                Files["cgroup.type"] = Domain + "\n";
                Files["cgroup.subtree_control"] = "\n";
            }

            foreach (var controller in Controllers)
            {
                Add(controller);
            }
        }

        public string Path { get; }

        public bool IsUnified { get; }

        public string[] Controllers { get; }

        public bool IsRoot { get; init; }

        public string[] Enabled { get; set; } = [];

        public List<int> Threads { get; } = [];

        public Dictionary<string, string> Files { get; } = [];

        public Dictionary<string, string> Marks { get; } = [];

        public void Add(string controller)
        {
            foreach (var (file, value) in FilesOf(controller))
            {
                Files.TryAdd(file, value + "\n");
            }
        }

        private (string File, string Value)[] FilesOf(string controller) => (controller, IsUnified) switch
        {
            ("cpu", false) => [("cpu.cfs_quota_us", "-1"), ("cpu.cfs_period_us", "100000"), ("cpu.shares", "1024"), ("cpu.stat", "nr_periods 0\nnr_throttled 0\nthrottled_time 0")],
            ("cpu", true) => [("cpu.max", "max 100000"), ("cpu.weight", "100"), ("cpu.stat", "usage_usec 0\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0")],
            ("cpuset", false) => [("cpuset.cpus", ""), ("cpuset.mems", "")],
            ("cpuset", true) => [("cpuset.cpus", ""), ("cpuset.mems", ""), ("cpuset.cpus.effective", "0-3"), ("cpuset.mems.effective", "0")],
            ("memory", false) => [("memory.limit_in_bytes", "9223372036854771712"), ("memory.usage_in_bytes", "4096")],
            ("memory", true) => [("memory.max", "max"), ("memory.current", "4096"), ("memory.high", "max")],
            ("pids", _) => [("pids.max", "max")],
            _ => [],
        };
    }
}

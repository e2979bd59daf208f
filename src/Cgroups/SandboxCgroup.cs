using System.Collections.Immutable;
using KataActors.Cgroups.Controllers;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>The groups of one sandbox in all hierarchies of this machine.</summary>
internal sealed class SandboxCgroup
{
    private const string Cpu = "cpu";
    private const int MaxPasses = 100;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(200);

    private readonly ICgroupFileSystem _files;
    private readonly CgroupSettings _settings;
    private readonly ImmutableArray<CgroupTree> _trees;

    private SandboxCgroup(ICgroupFileSystem files, CgroupSettings settings, ImmutableArray<CgroupTree> trees)
    {
        _files = files;
        _settings = settings;
        _trees = trees;
    }

    // The hierarchy with the CPU limit represents all others.
    private CgroupTree Main => _trees.First(tree => tree.Controllers.ContainsKey(Cpu));

    private IEnumerable<IController> Controllers => _trees.SelectMany(tree => tree.Controllers.Values);

    /// <summary>The groups of the sandbox of that name on this machine.</summary>
    /// <exception cref="CgroupException">No hierarchy is mounted.</exception>
    internal static SandboxCgroup Find(ICgroupFileSystem files, CgroupSettings settings, string name)
    {
        var mounts = CgroupMount.Choose(files.Mounts(), files.Read);
        return mounts.Length > 0
            ? new SandboxCgroup(files, settings, [.. mounts.Select(mount => Tree(files, mount, CgroupLayout.In(mount, settings.Placement, name), settings.Placement.Owner))])
            : throw new CgroupException(FailureCode.Unimplemented, $"no cgroup hierarchy with the controller \"{Cpu}\" is mounted");
    }

    /// <summary>Makes, limits and fills the groups.</summary>
    internal CgroupProtocol.Applied Apply(CgroupProtocol.Apply command, CancellationToken cancellation)
    {
        if (command.VcpuTids.FirstOrDefault(tid => tid <= 0, 1) is <= 0 and var wrong)
        {
            throw new CgroupException(FailureCode.InvalidArgument, $"thread id {wrong} is not positive");
        }

        var request = new ResourceRequest(command.Limit?.ForKernel(_settings.LeastCpuPercent), command.Resources) { KeepsCpu = command.KeepsLimit };
        Check(request);
        foreach (var tree in _trees)
        {
            tree.CheckOwner();
        }

        foreach (var tree in _trees)
        {
            tree.Make();
        }

        foreach (var controller in Controllers)
        {
            controller.Set(request);
        }

        PlaceVmm(command.Vmm, command.VcpuTids, cancellation);
        PlaceHelpers(command.Helpers);
        var vcpus = Main.Threads(Main.Layout.Vcpu).Intersect(command.VcpuTids).ToImmutableArray();
        if (_settings.PinVcpus && CpuList.TryParse(GetStatus().Cpus, out var allowed) && !allowed.IsEmpty)
        {
            VcpuPinning.Apply(_files, [.. command.VcpuTids.Where(vcpus.Contains)], request.Limits.Cpus, allowed);
        }

        return new CgroupProtocol.Applied(Paths(tree => tree.Layout.Groups), GetLimit(), vcpus) { Unmet = [.. Unmet(request.Limits)] };
    }

    /// <summary>Empties and removes the groups.</summary>
    internal async Task<CgroupProtocol.Destroyed> DestroyAsync(bool unmarkedToo, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)_settings.Deadline.TotalMilliseconds;
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            cancellation.ThrowIfCancellationRequested();
            var obstacles = _trees.Select(tree => tree.Remove(unmarkedToo)).OfType<LinuxException>().ToList();
            if (obstacles.Count == 0)
            {
                return new CgroupProtocol.Destroyed();
            }

            if (Environment.TickCount64 + (long)pause.TotalMilliseconds >= end)
            {
                throw new CgroupException(FailureCode.DeadlineExceeded, obstacles[0].Message);
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the groups.</summary>
    internal CgroupProtocol.Status GetStatus()
    {
        var status = new CgroupProtocol.Status(
            Paths(tree => tree.Existing()),
            null,
            Main.Threads(Main.Layout.Vcpu),
            Main.Layout.Others == Main.Layout.Vcpu ? [] : Main.Threads(Main.Layout.Others),
            default);
        return Controllers.Aggregate(status, (known, controller) => controller.Read(known));
    }

    // Read back: what is in force counts.
    private CpuLimit? GetLimit() => Main.Controllers[Cpu].Read(new CgroupProtocol.Status([], null, [], [], default)).Limit;

    private static CgroupTree Tree(ICgroupFileSystem files, CgroupMount mount, CgroupLayout layout, Guid owner) =>
        mount.IsUnified ? new CgroupTreeV2(files, mount, layout, owner) : new CgroupTreeV1(files, mount, layout, owner);

    private void Check(ResourceRequest request)
    {
        foreach (var controller in Controllers)
        {
            controller.Check(request);
        }
    }

    private IEnumerable<string> Unmet(ResourceLimits limits)
    {
        foreach (var (asked, controller, what) in new[]
        {
            (limits.MemoryBytes is not null, "memory", "the VM's memory"),
            (limits.Threads is not null, "pids", "the number of its threads"),
            (!limits.Cpus.IsEmpty || !limits.MemoryNodes.IsEmpty, "cpuset", "where it runs"),
        })
        {
            if (asked && !_trees.Any(tree => tree.Controllers.ContainsKey(controller)))
            {
                yield return $"{what} is not limited on the host: the cgroup controller \"{controller}\" is not available";
            }
        }
    }

    private void PlaceVmm(ProcessIdentity vmm, ImmutableArray<int> vcpuTids, CancellationToken cancellation)
    {
        var seen = new HashSet<int>();
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            cancellation.ThrowIfCancellationRequested();
            var threads = _files.Threads(vmm.Pid);
            // Checked after the list was read, so the listed threads belong to this very process.
            if (!vmm.IsAlive())
            {
                throw new CgroupException(FailureCode.NotFound, $"vmm process {vmm.Pid} is gone");
            }

            // A new thread starts in its creator's group, so one more pass is needed after each that has found any.
            var found = threads.Where(seen.Add).ToList();
            if (found.Count == 0)
            {
                return;
            }

            foreach (var tree in _trees)
            {
                tree.Enter(vmm.Pid, threads);
                var outside = tree.Place(found, vcpuTids);
                seen.ExceptWith(outside);
                if (outside.Count > 0)
                {
                    // The process may be ending, which shows in a moment.
                    cancellation.WaitHandle.WaitOne(s_firstPause);
                }
            }
        }

        throw new CgroupException(FailureCode.DeadlineExceeded, $"vmm process {vmm.Pid} starts threads faster than they can be placed");
    }

    private void PlaceHelpers(ImmutableArray<ProcessIdentity> helpers)
    {
        foreach (var helper in helpers)
        {
            var threads = _files.Threads(helper.Pid);
            if (helper.IsAlive())
            {
                foreach (var tree in _trees)
                {
                    tree.Enter(helper.Pid, threads);
                    tree.Place(threads, []);
                }
            }
        }
    }

    private ImmutableArray<string> Paths(Func<CgroupTree, IEnumerable<string>> groups) => [.. _trees.OrderBy(tree => tree == Main ? 0 : 1).SelectMany(groups)];
}

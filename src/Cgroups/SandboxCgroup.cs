using System.Collections.Immutable;
using System.Globalization;
using KataActors.Linux;

namespace KataActors.Cgroups;

/// <summary>The groups of one sandbox in the v1 <c>cpu</c> hierarchy. Holds no state: everything is read from the kernel each time.</summary>
internal sealed class SandboxCgroup(ICgroupFileSystem files, CgroupLayout layout)
{
    private const string Controller = "cpu";
    private const string Tasks = "tasks";
    private const int MaxPasses = 100;

    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(200);

    /// <summary>The groups of the sandbox of that name on this machine.</summary>
    /// <exception cref="CgroupException">The hierarchy is not mounted.</exception>
    internal static SandboxCgroup Find(ICgroupFileSystem files, string name) =>
        files.FindHierarchy(Controller) is { } hierarchy
            ? new SandboxCgroup(files, CgroupLayout.Below(hierarchy, name))
            : throw new CgroupException(CgroupFailureKind.Unimplemented, $"cgroup v1 hierarchy \"{Controller}\" is not mounted");

    /// <summary>Makes, limits and fills the groups.</summary>
    internal CgroupProtocol.Applied Apply(CgroupProtocol.Apply command, CancellationToken cancellation)
    {
        if (command.VcpuTids.FirstOrDefault(tid => tid <= 0, 1) is <= 0 and var wrong)
        {
            throw new CgroupException(CgroupFailureKind.InvalidArgument, $"thread id {wrong} is not positive");
        }

        files.MakeDirectory(layout.Parent);
        files.MakeDirectory(layout.Sandbox);
        files.MakeDirectory(layout.Vcpu);
        var limit = command.Limit?.ForKernel();
        SetLimit(limit);
        PlaceThreads(command.Vmm, command.VcpuTids, cancellation);
        return new CgroupProtocol.Applied([layout.Sandbox, layout.Vcpu], limit, Members(layout.Vcpu));
    }

    /// <summary>Empties and removes the groups.</summary>
    internal async Task<CgroupProtocol.Destroyed> DestroyAsync(TimeSpan deadline, CancellationToken cancellation)
    {
        var end = Environment.TickCount64 + (long)deadline.TotalMilliseconds;
        for (var pause = s_firstPause; ; pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause)
        {
            cancellation.ThrowIfCancellationRequested();
            if (RemoveTree(layout.Sandbox) is not { } obstacle)
            {
                return new CgroupProtocol.Destroyed();
            }

            if (Environment.TickCount64 + (long)pause.TotalMilliseconds >= end)
            {
                throw new CgroupException(CgroupFailureKind.DeadlineExceeded, obstacle.Message);
            }

            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Reads the groups.</summary>
    internal CgroupProtocol.Status GetStatus()
    {
        var exists = UnlessGone(() => files.Read(Path.Combine(layout.Sandbox, Tasks)), null) is not null;
        var limit = UnlessGone<(long QuotaUs, long PeriodUs)?>(() => ReadLimit(), null);
        ImmutableArray<string> paths = (exists, limit) switch
        {
            (false, _) => [],
            (true, null) => [layout.Sandbox],
            _ => [layout.Sandbox, layout.Vcpu],
        };
        return new CgroupProtocol.Status(
            paths,
            limit is { QuotaUs: >= 0 } set ? new CpuLimit(set.QuotaUs, set.PeriodUs) : null,
            Members(layout.Vcpu),
            Members(layout.Sandbox),
            UnlessGone(ReadThrottling, default));
    }

    private void SetLimit(CpuLimit? limit)
    {
        var (quotaUs, periodUs) = ReadLimit();
        foreach (var (file, value) in CpuLimitWrites.Plan(quotaUs, periodUs, limit))
        {
            try
            {
                files.Write(Path.Combine(layout.Vcpu, file), value);
            }
            catch (LinuxException failure) when (failure.Errno == Errno.EINVAL)
            {
                throw new CgroupException(
                    CgroupFailureKind.FailedPrecondition,
                    $"cpu limit {limit?.ToString() ?? "none"} of \"{layout.Vcpu}\" is refused; a group above it may allow less: {failure.Message}");
            }
        }
    }

    private void PlaceThreads(ProcessIdentity vmm, ImmutableArray<int> vcpuTids, CancellationToken cancellation)
    {
        var seen = new HashSet<int>();
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            cancellation.ThrowIfCancellationRequested();
            var threads = files.Threads(vmm.Pid);
            // Looked at after the list was read, so the threads in it were those of this very process.
            if (!vmm.IsAlive())
            {
                throw new CgroupException(CgroupFailureKind.NotFound, $"vmm process {vmm.Pid} is gone");
            }

            if (PlaceOnce(threads, vcpuTids, seen) == 0)
            {
                return;
            }
        }

        throw new CgroupException(CgroupFailureKind.DeadlineExceeded, $"vmm process {vmm.Pid} starts threads faster than they can be placed");
    }

    // A new thread starts in its creator's group, so one more pass is needed after each that has found any. Threads are moved one by one rather than
    // by process: moving the process would take the vCPUs out of their limit for a moment.
    private int PlaceOnce(IReadOnlyList<int> threads, ImmutableArray<int> vcpuTids, HashSet<int> seen)
    {
        var inVcpu = Members(layout.Vcpu).ToHashSet();
        var inSandbox = Members(layout.Sandbox).ToHashSet();
        var found = 0;
        foreach (var tid in threads.Where(seen.Add))
        {
            found++;
            var (group, members) = vcpuTids.Contains(tid) ? (layout.Vcpu, inVcpu) : (layout.Sandbox, inSandbox);
            if (!members.Contains(tid))
            {
                Move(tid, group);
            }
        }

        return found;
    }

    /// <summary>Null when it is gone, else what stands in the way and may pass.</summary>
    private LinuxException? RemoveTree(string group)
    {
        foreach (var inner in files.Subdirectories(group))
        {
            if (RemoveTree(inner) is { } obstacle)
            {
                return obstacle;
            }
        }

        foreach (var tid in Members(group))
        {
            Move(tid, layout.Parent);
        }

        try
        {
            files.RemoveDirectory(group);
            return null;
        }
        catch (LinuxException failure) when (failure.Errno is Errno.EBUSY or Errno.ENOTEMPTY)
        {
            return failure;
        }
    }

    private void Move(int tid, string group)
    {
        try
        {
            files.Write(Path.Combine(group, Tasks), tid.ToString(CultureInfo.InvariantCulture));
        }
        catch (LinuxException failure) when (failure.Errno == Errno.ESRCH)
        {
            // It has just ended.
        }
    }

    private ImmutableArray<int> Members(string group) => UnlessGone(() => Numbers(Path.Combine(group, Tasks)), []);

    private ImmutableArray<int> Numbers(string file) =>
        [.. files.Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    private (long QuotaUs, long PeriodUs) ReadLimit() => (Number(CpuLimitWrites.QuotaFile), Number(CpuLimitWrites.PeriodFile));

    private long Number(string file) => long.Parse(files.Read(Path.Combine(layout.Vcpu, file)), CultureInfo.InvariantCulture);

    private CpuThrottling ReadThrottling()
    {
        var values = files.Read(Path.Combine(layout.Vcpu, CpuLimitWrites.StatisticsFile))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Where(fields => fields.Length == 2)
            .ToDictionary(fields => fields[0], fields => long.Parse(fields[1], CultureInfo.InvariantCulture));
        return new CpuThrottling(
            values.GetValueOrDefault("nr_periods"),
            values.GetValueOrDefault("nr_throttled"),
            TimeSpan.FromMicroseconds(values.GetValueOrDefault("throttled_time") / 1000));
    }

    // ENODEV: it went between the opening of the file and the reading.
    private static T UnlessGone<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (LinuxException failure) when (failure.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            return otherwise;
        }
    }
}

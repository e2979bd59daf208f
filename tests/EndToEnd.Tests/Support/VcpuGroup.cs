using System.Diagnostics;
using System.Globalization;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>The host cgroups of one sandbox in the hierarchy of the controller <c>cpu</c>, v1 or v2, read as the kernel shows them.</summary>
internal sealed class VcpuGroup(string sandbox)
{
    private static readonly bool s_unified = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    /// <summary>The root of the hierarchy.</summary>
    public static string Hierarchy { get; } = s_unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";

    public string Path { get; } = System.IO.Path.Combine(Hierarchy, "kata", sandbox, "vcpu");

    public int[] Threads => ReadTids(Path);

    /// <summary>Those of the group around it.</summary>
    public int[] OtherThreads => ReadTids(System.IO.Path.GetDirectoryName(Path)!);

    /// <summary>Quota, -1 for none, and period.</summary>
    public string Limit => s_unified
        ? Read("cpu.max").Replace("max", "-1", StringComparison.Ordinal).Replace(' ', '/')
        : $"{Read("cpu.cfs_quota_us")}/{Read("cpu.cfs_period_us")}";

    /// <summary>Periods in which it was stopped at its limit.</summary>
    public long Throttled => long.Parse(
        Read("cpu.stat").Split('\n').Single(line => line.StartsWith("nr_throttled ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    /// <summary>Asserts that each of QEMU's threads is in one of both groups; the stand-ins' threads are in the outer one too.</summary>
    public void MustHoldThreadsOf(int vmm)
    {
        var threads = Directory.GetDirectories($"/proc/{vmm}/task").Select(entry => int.Parse(System.IO.Path.GetFileName(entry), CultureInfo.InvariantCulture)).ToArray();
        Assert.Empty(Threads.Except(threads));
        Assert.Empty(threads.Except(Threads).Except(OtherThreads));
        Assert.Empty(Threads.Intersect(OtherThreads));
    }

    /// <summary>CPU time of its threads over a while, as a share of one CPU.</summary>
    public async Task<double> UsageAsync(int vmm, TimeSpan window)
    {
        var (before, since) = (CpuTime(vmm), Stopwatch.GetTimestamp());
        await Task.Delay(window);
        return (CpuTime(vmm) - before) / Stopwatch.GetElapsedTime(since);
    }

    // schedstat: nanoseconds on a CPU.
    private TimeSpan CpuTime(int vmm) => TimeSpan.FromMicroseconds(Threads.Sum(tid =>
        long.Parse(File.ReadAllText($"/proc/{vmm}/task/{tid}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000));

    private static int[] ReadTids(string group) => [.. File.ReadAllLines(System.IO.Path.Combine(group, s_unified ? "cgroup.threads" : "tasks")).Select(int.Parse).Order()];

    private string Read(string file) => File.ReadAllText(System.IO.Path.Combine(Path, file)).Trim();
}

using System.Globalization;
using KataActors.Linux;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>The accounts of a cgroup v2, in the units and the shape of cgroup v1 that Kata's protocol has. Files that the kernel lacks count as empty.</summary>
internal static class CgroupFigures
{
    private const ulong NanosecondsPerMicrosecond = 1000;
    private const ulong Unlimited = ulong.MaxValue;

    internal static CgroupStats Read(string folder)
    {
        var cpu = Table(folder, "cpu.stat");
        return new CgroupStats
        {
            CpuStats = new CpuStats
            {
                CpuUsage = new CpuUsage
                {
                    TotalUsage = Of(cpu, "usage_usec") * NanosecondsPerMicrosecond,
                    UsageInKernelmode = Of(cpu, "system_usec") * NanosecondsPerMicrosecond,
                    UsageInUsermode = Of(cpu, "user_usec") * NanosecondsPerMicrosecond,
                },
                ThrottlingData = new ThrottlingData
                {
                    Periods = Of(cpu, "nr_periods"),
                    ThrottledPeriods = Of(cpu, "nr_throttled"),
                    ThrottledTime = Of(cpu, "throttled_usec") * NanosecondsPerMicrosecond,
                },
            },
            MemoryStats = Memory(folder),
            PidsStats = new PidsStats { Current = Number(folder, "pids.current"), Limit = Limit(folder, "pids.max") is var limit && limit == Unlimited ? 0 : limit },
            BlkioStats = Io(Text(folder, "io.stat")),
        };
    }

    /// <summary>The entries of io.stat: lines such as <c>8:0 rbytes=1 wbytes=2 rios=3 wios=4</c>.</summary>
    internal static BlkioStats Io(string text)
    {
        var stats = new BlkioStats();
        foreach (var words in text.Split('\n').Select(line => line.Split(' ')))
        {
            if (words[0].Split(':') is not [var first, var second] || !TryNumber(first, out var major) || !TryNumber(second, out var minor))
            {
                continue;
            }

            foreach (var pair in words.Skip(1).Select(word => word.Split('=')))
            {
                if (pair is [var key, var amount] && TryNumber(amount, out var value))
                {
                    Add(stats, key, new BlkioStatsEntry { Major = major, Minor = minor, Value = value });
                }
            }
        }

        return stats;
    }

    /// <summary>The lines <c>key value</c> of a text.</summary>
    internal static Dictionary<string, ulong> Table(string text)
    {
        var table = new Dictionary<string, ulong>();
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(' ') is [var key, var number] && TryNumber(number, out var value))
            {
                table[key] = value;
            }
        }

        return table;
    }

    private static MemoryStats Memory(string folder)
    {
        var table = Table(folder, "memory.stat");
        var (usage, limit) = (Number(folder, "memory.current"), Limit(folder, "memory.max"));
        var swapLimit = Limit(folder, "memory.swap.max");
        var stats = new MemoryStats
        {
            Cache = Of(table, "file"),
            Usage = new MemoryData { Usage = usage, MaxUsage = Number(folder, "memory.peak"), Limit = limit },
            SwapUsage = new MemoryData
            {
                Usage = usage + Number(folder, "memory.swap.current"),
                Limit = limit == Unlimited || swapLimit == Unlimited ? Unlimited : limit + swapLimit,
            },
            KernelUsage = new MemoryData { Usage = Of(table, "kernel") },
            UseHierarchy = true,
            OomKills = Of(Table(folder, "memory.events"), "oom_kill"),
        };
        stats.Stats.Add(table);
        return stats;
    }

    private static void Add(BlkioStats stats, string key, BlkioStatsEntry entry)
    {
        (entry.Op, var list) = key switch
        {
            "rbytes" => ("Read", stats.IoServiceBytesRecursive),
            "wbytes" => ("Write", stats.IoServiceBytesRecursive),
            "rios" => ("Read", stats.IoServicedRecursive),
            "wios" => ("Write", stats.IoServicedRecursive),
            _ => ("", null),
        };
        list?.Add(entry);
    }

    private static Dictionary<string, ulong> Table(string folder, string file) => Table(Text(folder, file));

    private static ulong Of(Dictionary<string, ulong> table, string key) => table.GetValueOrDefault(key);

    private static ulong Number(string folder, string file) => TryNumber(Text(folder, file).TrimEnd('\n'), out var number) ? number : 0;

    // "max" or no file: none.
    private static ulong Limit(string folder, string file) => TryNumber(Text(folder, file).TrimEnd('\n'), out var number) ? number : Unlimited;

    private static string Text(string folder, string file) => KernelFiles.Exists($"{folder}/{file}") ? KernelFiles.Read($"{folder}/{file}") : "";

    private static bool TryNumber(string text, out ulong number) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

using System.Text.Json;
using Google.Protobuf.Collections;
using KataActors.Protocol.Agent;

namespace KataActors.Cli.Output;

/// <summary>runc's events as JSON, a line each: names and omissions are those of its types/events.go on a host with cgroup v2.</summary>
internal static class StatsJson
{
    // Of cgroup v1 alone.
    private static readonly string[] s_cpusets =
    [
        "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure", "sched_load_balance",
        "sched_relax_domain_level",
    ];

    /// <summary>The event of a process that was killed because the memory was used up.</summary>
    public static byte[] Oom(string id) => Event("oom", id, null);

    /// <summary>The event with statistics.</summary>
    public static byte[] Stats(string id, CgroupStats stats) => Event("stats", id, stats);

    private static byte[] Event(string type, string id, CgroupStats? stats)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteString("id", id);
            if (stats is not null)
            {
                Object(json, "data", () => Data(json, stats));
            }

            json.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    private static void Data(Utf8JsonWriter json, CgroupStats stats)
    {
        Object(json, "cpu", () => Cpu(json, stats.CpuStats ?? new CpuStats()));
        Object(json, "cpuset", () =>
        {
            foreach (var name in s_cpusets)
            {
                json.WriteNumber(name, 0);
            }
        });
        Object(json, "memory", () => Memory(json, stats.MemoryStats ?? new MemoryStats()));
        Object(json, "pids", () =>
        {
            Some(json, "current", stats.PidsStats?.Current ?? 0);
            Some(json, "limit", stats.PidsStats?.Limit ?? 0);
        });
        Object(json, "blkio", () =>
        {
            Entries(json, "ioServiceBytesRecursive", stats.BlkioStats?.IoServiceBytesRecursive);
            Entries(json, "ioServicedRecursive", stats.BlkioStats?.IoServicedRecursive);
        });
        Object(json, "hugetlb", () => { });
        Object(json, "intel_rdt", () => { });
        json.WriteNull("network_interfaces");
    }

    private static void Cpu(Utf8JsonWriter json, CpuStats stats)
    {
        Object(json, "usage", () =>
        {
            Some(json, "total", stats.CpuUsage?.TotalUsage ?? 0);
            json.WriteNumber("kernel", stats.CpuUsage?.UsageInKernelmode ?? 0);
            json.WriteNumber("user", stats.CpuUsage?.UsageInUsermode ?? 0);
        });
        Object(json, "throttling", () =>
        {
            Some(json, "periods", stats.ThrottlingData?.Periods ?? 0);
            Some(json, "throttledPeriods", stats.ThrottlingData?.ThrottledPeriods ?? 0);
            Some(json, "throttledTime", stats.ThrottlingData?.ThrottledTime ?? 0);
        });
    }

    private static void Memory(Utf8JsonWriter json, MemoryStats stats)
    {
        Some(json, "cache", stats.Cache);
        Entry(json, "usage", stats.Usage);
        Entry(json, "swap", stats.SwapUsage);
        Entry(json, "kernel", stats.KernelUsage);
        Entry(json, "kernelTCP", null);
        Object(json, "raw", () =>
        {
            foreach (var (name, value) in stats.Stats.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(name, value);
            }
        });
    }

    private static void Entry(Utf8JsonWriter json, string name, MemoryData? data) => Object(json, name, () =>
    {
        json.WriteNumber("limit", data?.Limit ?? 0);
        Some(json, "usage", data?.Usage ?? 0);
        Some(json, "max", data?.MaxUsage ?? 0);
        json.WriteNumber("failcnt", data?.Failcnt ?? 0);
    });

    private static void Entries(Utf8JsonWriter json, string name, RepeatedField<BlkioStatsEntry>? entries)
    {
        if (entries is not { Count: > 0 })
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            Some(json, "major", entry.Major);
            Some(json, "minor", entry.Minor);
            json.WriteString("op", entry.Op);
            Some(json, "value", entry.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Object(Utf8JsonWriter json, string name, Action members)
    {
        json.WriteStartObject(name);
        members();
        json.WriteEndObject();
    }

    // As Go's omitempty.
    private static void Some(Utf8JsonWriter json, string name, ulong value)
    {
        if (value > 0)
        {
            json.WriteNumber(name, value);
        }
    }
}

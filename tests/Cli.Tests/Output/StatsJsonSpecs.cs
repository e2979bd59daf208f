using System.Text;
using KataActors.Cli.Output;
using KataActors.Protocol.Agent;

namespace KataActors.Cli.Tests.Output;

/// <summary>The events of a container, as runc prints them.</summary>
public class StatsJsonSpecs
{
    [Fact]
    public void Should_have_runcs_fields() => Assert.Equal(
        """
        {"type":"stats","id":"c","data":{
        "cpu":{"usage":{"total":9,"kernel":4,"user":5},"throttling":{"periods":1,"throttledPeriods":2,"throttledTime":3}},
        "cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,
        "sched_load_balance":0,"sched_relax_domain_level":0},
        "memory":{"cache":6,"usage":{"limit":18446744073709551615,"usage":7,"max":8,"failcnt":0},"swap":{"limit":0,"failcnt":0},
        "kernel":{"limit":0,"usage":3,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0},"raw":{"anon":2,"file":6}},
        "pids":{"current":3,"limit":50},"blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":512}]},
        "hugetlb":{},"intel_rdt":{},"network_interfaces":null}}
        """.ReplaceLineEndings("") + "\n",
        Encoding.UTF8.GetString(StatsJson.Stats("c", new CgroupStats
        {
            CpuStats = new CpuStats
            {
                CpuUsage = new CpuUsage { TotalUsage = 9, UsageInKernelmode = 4, UsageInUsermode = 5 },
                ThrottlingData = new ThrottlingData { Periods = 1, ThrottledPeriods = 2, ThrottledTime = 3 },
            },
            MemoryStats = new MemoryStats
            {
                Cache = 6,
                Usage = new MemoryData { Limit = ulong.MaxValue, Usage = 7, MaxUsage = 8 },
                KernelUsage = new MemoryData { Usage = 3 },
                Stats = { ["file"] = 6, ["anon"] = 2 },
            },
            PidsStats = new PidsStats { Current = 3, Limit = 50 },
            BlkioStats = new BlkioStats { IoServiceBytesRecursive = { new BlkioStatsEntry { Major = 8, Op = "Read", Value = 512 } } },
        })));

    [Fact]
    public void Should_take_a_guest_that_tells_nothing() =>
        Assert.Contains("\"memory\":{\"usage\":{\"limit\":0,\"failcnt\":0}", Encoding.UTF8.GetString(StatsJson.Stats("c", new CgroupStats())), StringComparison.Ordinal);

    [Fact]
    public void Should_have_no_data_in_a_lack_of_memory() => Assert.Equal("{\"type\":\"oom\",\"id\":\"c\"}\n", Encoding.UTF8.GetString(StatsJson.Oom("c")));
}

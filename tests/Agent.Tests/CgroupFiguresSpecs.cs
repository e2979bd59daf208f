using KataActors.Agent.Containers;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Tests;

public sealed class CgroupFiguresSpecs
{
    [Fact]
    public void Should_read_the_accounts_of_disks()
    {
        var stats = CgroupFigures.Io("8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\nnonsense rbytes=1\n259:0 rbytes=x wios=2\n");

        Assert.Equal([Entry(8, 16, "Read", 1459200), Entry(8, 16, "Write", 314773504)], stats.IoServiceBytesRecursive);
        Assert.Equal([Entry(8, 16, "Read", 192), Entry(8, 16, "Write", 353), Entry(259, 0, "Write", 2)], stats.IoServicedRecursive);
    }

    [Fact]
    public void Should_read_tables_line_by_line() =>
        Assert.Equal(new Dictionary<string, ulong> { ["low"] = 0, ["oom_kill"] = 3 }, CgroupFigures.Table("low 0\noom_kill 3\nwrong -1\nlonely\na b c\n"));

    [Fact]
    public void Should_take_missing_files_as_empty()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;

        var stats = CgroupFigures.Read(folder);

        Assert.Equal((0ul, ulong.MaxValue, 0ul), (stats.CpuStats.CpuUsage.TotalUsage, stats.MemoryStats.Usage.Limit, stats.PidsStats.Limit));
        Directory.Delete(folder);
    }

    private static BlkioStatsEntry Entry(ulong major, ulong minor, string op, ulong value) => new() { Major = major, Minor = minor, Op = op, Value = value };
}

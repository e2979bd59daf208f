using System.Text;

namespace KataActors.Oci.Tests;

public sealed class ResourcesUpdateSpecs
{
    private static readonly ResourcesSpec s_before = new()
    {
        Cpu = new CpuSpec { Shares = 512, Quota = 20_000, Period = 50_000 },
        Memory = new MemorySpec { Limit = 64 << 20, Swap = 128 << 20 },
        Pids = new PidsSpec { Limit = 100 },
    };

    [Theory]
    [InlineData("""{}""", "512 20000/50000 67108864 134217728 100")]
    [InlineData("""{"cpu": {"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""}, "memory": {"limit": 0}, "blockIO": {"weight": 0}}""", "512 20000/50000 67108864 134217728 100")]
    [InlineData("""{"cpu": {"quota": 50000}}""", "512 50000/50000 67108864 134217728 100")]
    [InlineData("""{"cpu": {"quota": -1}}""", "512 -1/50000 67108864 134217728 100")]
    [InlineData("""{"cpu": {"shares": 2, "period": 100000}}""", "2 20000/100000 67108864 134217728 100")]
    [InlineData("""{"memory": {"limit": 33554432}, "pids": {"limit": -1}}""", "512 20000/50000 33554432 134217728 -1")]
    public void Should_keep_what_the_change_does_not_give(string change, string expected)
    {
        Assert.True(ResourcesUpdate.TryApply(s_before, Parse(change), out var after, out _));
        Assert.Equal(expected, $"{after.Cpu!.Shares} {after.Cpu.Quota}/{after.Cpu.Period} {after.Memory!.Limit} {after.Memory.Swap} {after.Pids!.Limit}");
    }

    [Fact]
    public void Should_leave_the_period_to_the_kernel_when_neither_the_container_nor_the_change_has_one()
    {
        Assert.True(ResourcesUpdate.TryApply(null, Parse("""{"cpu": {"quota": 20000}}"""), out var after, out _));
        Assert.Equal((20_000, null), (after.Cpu!.Quota, after.Cpu.Period));
    }

    [Theory]
    [InlineData("""{"cpu": {"quota": 10}}""", "linux.resources.cpu.quota 10 is out of range: 1000 to 409600000 µs is allowed")]
    [InlineData("""{"cpu": {"period": -1}}""", "linux.resources.cpu.period -1 is out of range: 1000 to 1000000 µs is allowed")]
    [InlineData("""{"cpu": {"shares": 1}}""", "linux.resources.cpu.shares 1 is out of range: 2 to 262144 is allowed")]
    [InlineData("""{"memory": {"limit": -2}}""", "linux.resources.memory.limit -2 is negative (only -1, no limit, may be)")]
    [InlineData("""{"memory": {"limit": 268435456}}""", "linux.resources.memory.swap 134217728 is below the memory limit 268435456")]
    [InlineData("""{"pids": {"limit": -7}}""", "linux.resources.pids.limit -7 is negative (only -1, no limit, may be)")]
    [InlineData("""{"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "leafWeight": 10}, {"major": 8, "weight": null}]}}""", "linux.resources.blockIO.weightDevice has an entry with neither weight nor leafWeight")]
    [InlineData("""{"rdma": {"a": {"hcaObjects": 1}, "b": 7}}""", "linux.resources.rdma has an entry with neither hcaHandles nor hcaObjects")]
    [InlineData("""{"blockIO": {"throttleReadBpsDevice": [{"rate": 100}]}}""", "linux.resources.blockIO.throttleReadBpsDevice names disks of the host, which a guest does not have")]
    public void Should_refuse_what_a_specification_could_not_say_either(string change, string expected)
    {
        Assert.False(ResourcesUpdate.TryApply(s_before, Parse(change), out _, out var error));
        Assert.Equal($"resources: {expected}", error.Message);
    }

    [Theory]
    [InlineData("", "resources: not JSON: syntax error in line 1")]
    [InlineData("[]", "resources: not a JSON object")]
    [InlineData("{\"cpu\": \n7}", "resources: cpu has a value of the wrong type (line 2)")]
    [InlineData("""{"cpu": {"quota": "many"}}""", "resources: cpu.quota has a value of the wrong type (line 1)")]
    [InlineData("{\"cpu\": {\"quota\": 1e99}}", "resources: cpu.quota has a value of the wrong type (line 1)")]
    public void Should_name_what_is_wrong_with_the_document(string document, string expected)
    {
        Assert.False(ResourcesUpdate.TryParse(Encoding.UTF8.GetBytes(document), out _, out var error));
        Assert.Equal(expected, error.Message);
    }

    [Fact]
    public void Should_refuse_a_document_without_end()
    {
        Assert.False(ResourcesUpdate.TryParse(new byte[ResourcesUpdate.MaxBytes + 1], out _, out var error));
        Assert.Equal("resources: larger than 1048576 bytes", error.Message);
    }

    [Fact]
    public void Should_read_what_it_writes()
    {
        Assert.True(ResourcesUpdate.TryParse(ResourcesUpdate.Write(s_before), out var read, out _));
        Assert.Equal((s_before.Cpu, s_before.Memory, s_before.Pids), (read.Cpu, read.Memory, read.Pids));
    }

    private static ResourcesSpec Parse(string change)
    {
        Assert.True(ResourcesUpdate.TryParse(Encoding.UTF8.GetBytes(change), out var parsed, out var error), error?.Message);
        return parsed;
    }
}

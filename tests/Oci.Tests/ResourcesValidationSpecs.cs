namespace KataActors.Oci.Tests;

public class ResourcesValidationSpecs
{
    [Theory]
    [InlineData("""{"cpu": {"quota": 20000, "period": 100000}}""", true)]
    [InlineData("""{"cpu": {"quota": 1000, "period": 1000000}}""", true)]
    [InlineData("""{"cpu": {"quota": 50000}}""", true)]
    [InlineData("""{"cpu": {"quota": 50000, "period": 0}}""", true)]
    [InlineData("""{"cpu": {"quota": -1}}""", false)]
    [InlineData("""{"cpu": {"quota": -5, "period": 100000}}""", false)]
    [InlineData("""{"cpu": {"quota": 0}}""", false)]
    [InlineData("""{"cpu": {"period": 100000}}""", false)]
    [InlineData("""{"cpu": {"shares": 1024, "cpus": ""}}""", false)]
    [InlineData("""{"memory": {"limit": 67108864, "swap": 134217728, "swappiness": 60, "disableOOMKiller": false}}""", false)]
    [InlineData("""{"memory": {"limit": -1}, "pids": {"limit": -1}}""", false)]
    [InlineData("""{"blockIO": {"weight": 0}, "hugepageLimits": [], "network": {"classID": null}, "rdma": {}, "unified": {}}""", false)]
    public void Should_accept_when_limits_are_in_range(string json, bool hasQuota)
    {
        var spec = Bundles.Accepted(Bundles.WithResources(json));
        Assert.Equal(hasQuota, spec.Linux!.Resources!.Cpu?.Quota > 0);
    }

    [Theory]
    [InlineData("""{"cpu": {"quota": 999}}""", "cpu.quota 999 is out of range: 1000 to 819200000 µs is allowed")]
    [InlineData("""{"cpu": {"quota": 999, "period": 100000}}""", "cpu.quota 999 is out of range: 1000 to 819200000 µs is allowed")]
    [InlineData("""{"cpu": {"quota": 9223372036854775807, "period": 1000}}""", "cpu.quota 9223372036854775807 is out of range: 1000 to 8192000 µs is allowed")]
    [InlineData("""{"cpu": {"quota": 9223372036854775808, "period": 1000}}""", "cpu.quota has a value of the wrong type (line 1)")]
    [InlineData("""{"cpu": {"quota": 1.5, "period": 1000}}""", "cpu.quota has a value of the wrong type (line 1)")]
    [InlineData("""{"cpu": {"quota": 20000, "period": 999}}""", "cpu.period 999 is out of range: 1000 to 1000000 µs is allowed")]
    [InlineData("""{"cpu": {"quota": 20000, "period": 1000001}}""", "cpu.period 1000001 is out of range: 1000 to 1000000 µs is allowed")]
    [InlineData("""{"cpu": {"period": -1}}""", "cpu.period -1 is out of range: 1000 to 1000000 µs is allowed")]
    [InlineData("""{"cpu": {"shares": 1}}""", "cpu.shares 1 is out of range: 2 to 262144 is allowed")]
    [InlineData("""{"cpu": {"cpus": "1-0"}}""", "cpu.cpus \"1-0\" is not a list of numbers such as 0-2,4")]
    [InlineData("""{"cpu": {"realtimePeriod": -1}}""", "cpu.realtimePeriod has a value of the wrong type (line 1)")]
    [InlineData("""{"cpu": {"burst": 5001, "quota": 5000}}""", "cpu.burst 5001 is out of range: 0 to 5000 µs is allowed")]
    [InlineData("""{"cpu": {"burst": -1}}""", "cpu.burst -1 is out of range: 0 to 8192000000 µs is allowed")]
    [InlineData("""{"cpu": {"idle": 2}}""", "cpu.idle 2 is out of range: 0 to 1 is allowed")]
    [InlineData("""{"memory": {"limit": -2}}""", "memory.limit -2 is negative (only -1, no limit, may be)")]
    [InlineData("""{"memory": {"limit": 1}}""", "memory.limit 1 is too small: at least 1048576 bytes are needed")]
    [InlineData("""{"memory": {"limit": 4194304, "swap": 2097152}}""", "memory.swap 2097152 is below the memory limit 4194304")]
    [InlineData("""{"memory": {"swappiness": 101}}""", "memory.swappiness 101 is out of range: 0 to 100 is allowed")]
    [InlineData("""{"pids": {"limit": -5}}""", "pids.limit -5 is negative (only -1, no limit, may be)")]
    [InlineData("""{"cpu": {"mems": "a"}}""", "cpu.mems \"a\" is not a list of numbers such as 0-2,4")]
    [InlineData("""{"cpu": {"cpus": "0-1-2"}}""", "cpu.cpus \"0-1-2\" is not a list of numbers such as 0-2,4")]
    [InlineData("""{"unified": {"../memory.high": "1"}}""", "unified \"../memory.high\" is not the name of a controller's file")]
    [InlineData("""{"unified": {"cgroup.procs": "1"}}""", "unified \"cgroup.procs\" is not the name of a controller's file")]
    [InlineData("""{"unified": {"memory": "1"}}""", "unified \"memory\" is not the name of a controller's file")]
    [InlineData("""{"blockIO": {"weight": 65536}}""", "blockIO.weight has a value of the wrong type (line 1)")]
    [InlineData("""{"blockIO": {"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 600}]}}""", "blockIO.throttleReadBpsDevice names disks of the host, which a guest does not have")]
    [InlineData("""{"blockIO": {"throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 600}]}}""", "blockIO.throttleWriteBpsDevice names disks of the host, which a guest does not have")]
    [InlineData("""{"blockIO": {"throttleReadIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}]}}""", "blockIO.throttleReadIOPSDevice names disks of the host, which a guest does not have")]
    [InlineData("""{"blockIO": {"throttleWriteIOPSDevice": [{"major": 8, "minor": 0, "rate": 600}]}}""", "blockIO.throttleWriteIOPSDevice names disks of the host, which a guest does not have")]
    public void Should_name_field_and_cause_when_a_limit_is_refused(string json, string message) =>
        Assert.Equal("config.json: linux.resources." + message, Bundles.Refused(Bundles.WithResources(json)).Message);
}

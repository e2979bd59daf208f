using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

public sealed class ContainerCgroupSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_set_the_limits_of_the_spec()
    {
        var container = await guest.ContainerAsync("sh", "-c", "cd /sys/fs/cgroup; cat cpu.max cpu.weight memory.max memory.low pids.max cgroup.procs");
        container.Spec.Linux.Resources = new LinuxResources
        {
            CPU = new LinuxCPU { Quota = 20_000, Period = 50_000, Shares = 512 },
            Memory = new LinuxMemory { Limit = 64 << 20, Reservation = 16 << 20 },
            Pids = new LinuxPids { Limit = 50 },
        };

        var output = (await container.RunAsync()).Output.Split('\n');

        Assert.Equal(["20000 50000", "20", "67108864", "16777216", "50", "1"], output[..6]);
    }

    [Fact]
    public async Task Should_not_be_the_first_with_a_quota_nor_the_last()
    {
        var container = await guest.ContainerAsync("cat", "/guest/quota/cpu.max", "/guest/quota/cgroup.procs");
        container.Spec.Mounts.Add(new Mount { Destination = "/guest", Type = "bind", Source = "/sys/fs/cgroup", Options = { "bind", "ro" } });

        Assert.Equal((0, "100000 100000", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_kill_a_container_that_exceeds_its_memory()
    {
        var container = await guest.ContainerAsync("dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 16 << 20 } };

        Assert.Equal(137, (await container.RunAsync()).Code);
    }

    [Fact]
    public async Task Should_start_within_a_few_mebibytes()
    {
        var container = await guest.ContainerAsync("cat", "/sys/fs/cgroup/memory.max");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 4 << 20 } };

        Assert.Equal((0, "4194304", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_say_so_when_the_limit_is_too_low_for_any_process()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Linux.Resources = new LinuxResources { Memory = new LinuxMemory { Limit = 4 << 10 } };

        Assert.Contains("the memory limit is too low", (await Assert.ThrowsAsync<TtrpcException>(container.CreateAsync)).Message, StringComparison.Ordinal);
        container.Spec.Linux.Resources = new LinuxResources();
        Assert.Equal((0, "", ""), await container.RunAsync());
    }
}

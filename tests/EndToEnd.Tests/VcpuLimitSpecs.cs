namespace KataActors.EndToEnd.Tests;

/// <summary>CPU limits and vCPUs that follow the containers, in a VM that may have four.</summary>
public sealed class VcpuLimitSpecs(VcpuLimitSpecs.FourVcpus fixture) : IClassFixture<VcpuLimitSpecs.FourVcpus>
{
    private const string Online = "while :; do echo on $(busybox grep -c ^processor /proc/cpuinfo); sleep 0.2; done";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_add_up_the_limits_of_a_pod_and_take_off_what_has_ended()
    {
        var (sandbox, vmm, group) = await RunAsync(Sandbox().WithCpu(5000, 10000));
        Assert.Equal("5000/10000", group.Limit);
        var second = await JoinAsync(sandbox, 10000, 40000);
        Assert.Equal("7500/10000", group.Limit);
        Assert.Equal(2, group.Threads.Length);
        var third = await JoinAsync(sandbox, 300000, 100000);
        Assert.Equal("37500/10000", group.Limit);
        Assert.Equal(4, group.Threads.Length);
        group.MustHoldThreadsOf(vmm);

        await _daemon.SucceedAsync("update", "--cpu-quota", "20000", "--cpu-period", "20000", second);
        Assert.Equal("45000/10000", group.Limit);

        await _daemon.SucceedAsync("kill", third, "KILL");
        await LimitAsync(group, "15000/10000");
        await _daemon.SucceedAsync("delete", "--force", second);
        await LimitAsync(group, "5000/10000");
        await _daemon.SucceedAsync("delete", third);
        Assert.Equal("5000/10000", group.Limit);

        await _daemon.SucceedAsync("delete", "--force", sandbox);
    }

    [Fact]
    public async Task Should_lift_the_limit_when_a_container_without_one_comes_and_restore_it_when_it_goes()
    {
        var (sandbox, _, group) = await RunAsync(Sandbox().WithCpu(50000, 100000));
        var unlimited = await JoinAsync(sandbox, -1, 100000);
        Assert.Equal("-1/100000", group.Limit);

        await _daemon.SucceedAsync("delete", "--force", unlimited);
        await LimitAsync(group, "50000/100000");

        await _daemon.SucceedAsync("delete", "--force", sandbox);
    }

    [Fact]
    public async Task Should_have_new_vcpus_in_their_group_when_the_command_returns_and_in_use_in_the_guest()
    {
        var bundle = _daemon.ShellBundle(Online);
        var id = _daemon.NewId();
        var run = _daemon.Start("run", "--detach", "--bundle", bundle.Path, id);
        (await run.FinishAsync()).MustSucceed();
        var group = new VcpuGroup(id);
        var vmm = (int)(await _daemon.InspectAsync(id))["vmmPid"]!;
        Assert.Single(group.Threads);
        await SaysAsync(run, "on 1");

        await _daemon.SucceedAsync("update", "--cpu-quota", "250000", id);
        Assert.Equal(4, group.Threads.Length);
        group.MustHoldThreadsOf(vmm);
        Assert.Equal("250000/100000", group.Limit);
        Assert.Equal(4, (int)(await _daemon.InspectAsync(id))["vcpus"]!);
        await SaysAsync(run, "on 4");

        await _daemon.SucceedAsync("update", "--cpu-quota", "50000", id);
        Assert.Equal("50000/100000", group.Limit);
        await SaysAsync(run, "on 2");

        // And up again, more than once: what QEMU 7.2 does not survive is not asked of it.
        await _daemon.SucceedAsync("update", "--cpu-quota", "150000", id);
        await SaysAsync(run, "on 3");
        await _daemon.SucceedAsync("update", "--cpu-quota", "-1", id);
        await SaysAsync(run, "on 1");
        await _daemon.SucceedAsync("update", "--cpu-quota", "400000", id);
        await SaysAsync(run, "on 4");

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_plug_vcpus_for_a_quota_before_create_returns()
    {
        var (id, vmm, group) = await RunAsync(_daemon.Bundle("sleep", "1000").WithCpu(150000, 100000));

        Assert.Equal(3, group.Threads.Length);
        group.MustHoldThreadsOf(vmm);

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    private async Task<(string Id, int Vmm, VcpuGroup Group)> RunAsync(TestBundle bundle)
    {
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);
        return (id, (int)(await _daemon.InspectAsync(id))["vmmPid"]!, new VcpuGroup(id));
    }

    private async Task<string> JoinAsync(string sandbox, long quota, long period)
    {
        var bundle = _daemon.Bundle("sleep", "1000").WithCpu(quota, period).Joining(sandbox);
        return (await RunInAsync(bundle)).Id;
    }


    private async Task<(string Id, TestBundle Bundle)> RunInAsync(TestBundle bundle)
    {
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);
        return (id, bundle);
    }

    private TestBundle Sandbox() => _daemon.Bundle("sleep", "1000").WithAnnotation("io.kubernetes.cri.container-type", "sandbox");

    private static Task LimitAsync(VcpuGroup group, string wanted) =>
        Eventually.TrueAsync(() => group.Limit == wanted, () => $"the limit is {group.Limit}, not {wanted}");

    // Only the last part of the output, not the earlier one.
    private static Task SaysAsync(RunningCommand run, string line) =>
        Eventually.TrueAsync(() => run.Output.TrimEnd('\n').Split('\n')[^1] == line, () => $"the guest does not say \"{line}\": {run.Output}{run.Errors}");

    /// <summary>A daemon whose VMs may have more vCPUs than the machine that runs the tests has CPUs.</summary>
    public sealed class FourVcpus : IAsyncLifetime
    {
        private DaemonUnderTest? _daemon;

        internal DaemonUnderTest Daemon => _daemon!;

        public async ValueTask InitializeAsync() => _daemon = await DaemonUnderTest.StartAsync("kata-actors.hypervisor.default-maxvcpus = 4");

        public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? default;
    }
}

namespace KataActors.EndToEnd.Tests;

/// <summary>A guest that would use all of a CPU is held to its sandbox's quota by the host.</summary>
public sealed class BusyGuestSpecs
{
    private const string BusyLoop = "while :; do :; done";
    private const int Attempts = 20;
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(3);

    // Its quota must not hold in the guest as well: a guest takes the time in which the host holds its vCPUs back for time used.
    [Fact]
    public async Task Should_give_a_busy_container_its_quota_and_release_it_at_once_by_update()
    {
        await using var daemon = await DaemonUnderTest.StartAsync();
        var busy = daemon.NewId();
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.ShellBundle(BusyLoop).WithCpu(20000, 100000).Path, busy);

        await MustBeHeldAndReleasedAsync(daemon, busy);

        await daemon.SucceedAsync("delete", "--force", busy);
    }

    [Fact]
    public async Task Should_hold_a_busy_container_without_a_quota_to_that_of_its_sandbox_where_the_configuration_says_so()
    {
        await using var daemon = await DaemonUnderTest.StartAsync("kata-actors.cgroups.unlimited-containers = \"ignore\"");
        var (sandbox, busy) = (daemon.NewId(), daemon.NewId());
        var bundle = daemon.Bundle("sleep", "1000").WithAnnotation("io.kubernetes.cri.container-type", "sandbox").WithCpu(20000, 100000);
        await daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, sandbox);
        await daemon.SucceedAsync("run", "--detach", "--bundle", daemon.ShellBundle(BusyLoop).Joining(sandbox).Path, busy);

        await MustBeHeldAndReleasedAsync(daemon, sandbox);

        await daemon.SucceedAsync("delete", "--force", busy);
        await daemon.SucceedAsync("delete", "--force", sandbox);
    }

    private static async Task MustBeHeldAndReleasedAsync(DaemonUnderTest daemon, string sandbox)
    {
        var vmm = (int)(await daemon.InspectAsync(sandbox))["vmmPid"]!;
        var group = new VcpuGroup(sandbox);
        Assert.Equal("20000/100000", group.Limit);
        var throttled = group.Throttled;
        // The kernel holds the limit on any machine. That the guest gets all of it needs a CPU that is free for it.
        var usage = await UsageAsync(group, vmm, share => share >= 0.15, share => Assert.InRange(share, 0, 0.25));
        Assert.InRange(usage, 0.15, 0.25);
        Assert.True(group.Throttled > throttled, "it was not throttled meanwhile");
        group.MustHoldThreadsOf(vmm);
        Assert.True((int)(await daemon.InspectAsync(sandbox))["agentRssKib"]! > 0, "the agent does not answer");

        await daemon.SucceedAsync("update", "--cpu-quota", "-1", sandbox);
        Assert.Equal("-1/100000", group.Limit);
        throttled = group.Throttled;
        Assert.InRange(await UsageAsync(group, vmm, share => share > 0.4, _ => { }), 0.4, 4);
        Assert.Equal(throttled, group.Throttled);
    }

    private static async Task<double> UsageAsync(VcpuGroup group, int vmm, Func<double, bool> isEnough, Action<double> always)
    {
        var usage = 0.0;
        for (var attempt = 0; attempt < Attempts && !isEnough(usage); attempt++)
        {
            usage = await group.UsageAsync(vmm, s_window);
            TestContext.Current.SendDiagnosticMessage($"the vCPUs used {usage:P1} of a CPU");
            always(usage);
        }

        return usage;
    }
}

namespace KataActors.EndToEnd.Tests;

/// <summary>The host cgroups of a sandbox: its vCPU threads apart from QEMU's others.</summary>
public sealed class HostCgroupSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Hierarchy = "/sys/fs/cgroup/cpu";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_hold_the_vcpu_threads_to_the_quota_of_the_spec()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.Bundle("sleep", "1000").WithCpu(quota: 60000, period: 100000);
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        var sandbox = await _daemon.InspectAsync(id);
        var vcpus = sandbox["vcpuTids"]!.AsArray().Select(tid => (int)tid!).Order().ToArray();
        var group = Path.Combine(Hierarchy, "kata", id);
        Assert.NotEmpty(vcpus);
        Assert.Equal(vcpus, Tasks(Path.Combine(group, "vcpu")));
        Assert.Equal(Threads((int)sandbox["vmmPid"]!).Except(vcpus), Tasks(group));
        Assert.Equal("60000", Read(group, "vcpu/cpu.cfs_quota_us"));
        Assert.Equal("100000", Read(group, "vcpu/cpu.cfs_period_us"));
        Assert.Equal("-1", Read(group, "cpu.cfs_quota_us"));
        Assert.Equal((60000, 100000), ((int)sandbox["cfsQuotaUs"]!, (int)sandbox["cfsPeriodUs"]!));
        Assert.Contains(group, sandbox["cgroups"]!.AsArray().Select(path => (string)path!));

        await _daemon.SucceedAsync("delete", "--force", id);
        Assert.False(Directory.Exists(group));
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_leave_the_vcpu_threads_free_when_the_spec_has_no_quota()
    {
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        Assert.Equal("-1", Read(Path.Combine(Hierarchy, "kata", id), "vcpu/cpu.cfs_quota_us"));

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    private static string Read(string group, string file) => File.ReadAllText(Path.Combine(group, file)).Trim();

    private static IEnumerable<int> Tasks(string group) => File.ReadAllLines(Path.Combine(group, "tasks")).Select(int.Parse).Order();

    private static IEnumerable<int> Threads(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").Select(entry => int.Parse(Path.GetFileName(entry))).Order();
}

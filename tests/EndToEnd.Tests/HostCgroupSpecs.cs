namespace KataActors.EndToEnd.Tests;

/// <summary>The host cgroups of a sandbox: its vCPU threads apart from the others, in every v1 hierarchy, and their limits.</summary>
public sealed class HostCgroupSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Root = "/sys/fs/cgroup";
    private const string Cpu = $"{Root}/cpu";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_hold_the_vcpu_threads_to_the_quota_of_the_spec()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.Bundle("sleep", "1000").WithCpu(quota: 60000, period: 100000);
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        var sandbox = await _daemon.InspectAsync(id);
        var vcpus = Numbers(sandbox["vcpuTids"]!);
        var standIn = (int)(await _daemon.JsonAsync("state", id))["pid"]!;
        Assert.NotEmpty(vcpus);
        foreach (var group in Hierarchies().Select(hierarchy => Path.Combine(hierarchy, "kata", id)))
        {
            Assert.Equal(vcpus, Tasks(Path.Combine(group, "vcpu")));
            // Both have threads that come and go.
            await Eventually.TrueAsync(
                () => Threads((int)sandbox["vmmPid"]!).Except(vcpus).Concat(Threads(standIn)).Order().SequenceEqual(Tasks(group)), () => $"\"{group}\" holds others");
            Assert.Contains(group, sandbox["cgroups"]!.AsArray().Select(path => (string)path!));
        }

        Assert.Equal("60000", Read(Cpu, "kata", id, "vcpu/cpu.cfs_quota_us"));
        Assert.Equal("100000", Read(Cpu, "kata", id, "vcpu/cpu.cfs_period_us"));
        Assert.Equal("-1", Read(Cpu, "kata", id, "cpu.cfs_quota_us"));
        Assert.Equal((60000, 100000), ((int)sandbox["cfsQuotaUs"]!, (int)sandbox["cfsPeriodUs"]!));
        Assert.Contains((int)sandbox["vmmPid"]!, Numbers(sandbox["otherTids"]!));
        Assert.Contains(standIn, Numbers(sandbox["otherTids"]!));
        Assert.Empty(Numbers(sandbox["otherTids"]!).Intersect(vcpus));
        Assert.InRange((long)sandbox["throttling"]!["throttledPeriods"]!, 0, new VcpuGroup(id).Throttled);
        var report = (await _daemon.RunAsync("sandbox", "inspect", id)).MustSucceed().Output;
        Assert.Contains("vCPU quota      60000 of 100000 µs\n", report);
        Assert.Contains("  throttled  ", report);

        await _daemon.SucceedAsync("delete", "--force", id);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_leave_the_vcpu_threads_free_when_the_spec_has_no_quota()
    {
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        Assert.Equal("-1", Read(Cpu, "kata", id, "vcpu/cpu.cfs_quota_us"));

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_hold_the_whole_vm_to_weight_cpus_memory_and_threads()
    {
        var bundle = _daemon.Bundle("sleep", "1000").With("linux.resources", new JsonObject
        {
            ["cpu"] = new JsonObject { ["shares"] = 2048, ["cpus"] = "0", ["mems"] = "0" },
            ["memory"] = new JsonObject { ["limit"] = 64 << 20 },
            ["pids"] = new JsonObject { ["limit"] = 50 },
        });
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);

        // The VM's 256 MiB, as much again for QEMU, and 1 GiB for translated code where it emulates.
        var sandbox = await _daemon.InspectAsync(id);
        var memory = (512L << 20) + ((string)sandbox["accelerator"]! == "tcg" ? 1L << 30 : 0);
        Assert.Equal((2048, "0", memory, 306), ((int)sandbox["cpuWeight"]!, (string)sandbox["cpus"]!, (long)sandbox["memoryLimitBytes"]!, (int)sandbox["threadLimit"]!));
        Assert.Equal("2048", Read(Cpu, "kata", id, "cpu.shares"));
        Assert.Equal("0", Read($"{Root}/cpuset", "kata", id, "vcpu/cpuset.cpus"));
        Assert.Equal($"{memory}", Read($"{Root}/memory", "kata", id, "memory.limit_in_bytes"));
        Assert.Equal("306", Read($"{Root}/pids", "kata", id, "pids.max"));

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_refuse_cpus_that_the_host_has_not_and_leave_nothing()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.Bundle("true").With("linux.resources", new JsonObject { ["cpu"] = new JsonObject { ["cpus"] = "0,8000" } });
        var id = _daemon.NewId();

        (await _daemon.RunAsync("create", "--bundle", bundle.Path, id)).MustFail(1, $"\"{id}\"", "cpus 0,8000 of", "are not all among");

        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_leave_no_group_when_qemu_is_killed_at_any_moment()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var random = new Random(6);
        var bundles = Enumerable.Range(0, 6)
            .Select(_ => (Bundle: _daemon.Bundle("sleep", "1000").WithCpu(60000, 100000), Id: _daemon.NewId(), Delay: random.Next(0, 2_000))).ToList();

        await Parallel.ForEachAsync(bundles, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (sandbox, _) =>
        {
            var create = _daemon.Start("create", "--bundle", sandbox.Bundle.Path, sandbox.Id);
            await Task.WhenAny(create.FinishAsync(), Task.Delay(sandbox.Delay, CancellationToken.None));
            foreach (var (pid, line) in _daemon.Processes().Where(process => process.CommandLine.Contains("qemu-system") && process.CommandLine.Contains($"/{sandbox.Id}/")))
            {
                using var vmm = ProcessIdentity.TryRead(pid) is { } identity ? Pidfd.TryOpen(identity) : null;
                vmm?.Signal(Signals.SIGKILL);
            }
        });
        foreach (var (_, id, _) in bundles)
        {
            await Eventually.TrueAsync(async () => (await _daemon.RunAsync("delete", "--force", id)).ExitCode == 0, () => $"\"{id}\" cannot be deleted");
        }

        bundles.ForEach(sandbox => Directory.Delete(sandbox.Bundle.Path, recursive: true));
        await before.MustBeRestoredAsync();
    }

    /// <summary>The mount points of v1 hierarchies that have a controller.</summary>
    internal static IEnumerable<string> Hierarchies() => MountInfo.ReadOwn()
        .Where(mount => mount.Type == "cgroup" && !mount.SuperOptions.Any(option => option.StartsWith("name=", StringComparison.Ordinal)))
        .Select(mount => mount.MountPoint);

    internal static string Read(params string[] path) => File.ReadAllText(Path.Combine(path)).Trim();

    internal static int[] Numbers(JsonNode list) => [.. list.AsArray().Select(number => (int)number!).Order()];

    internal static int[] Tasks(string group) => [.. File.ReadAllLines(Path.Combine(group, "tasks")).Select(int.Parse).Order()];

    private static IEnumerable<int> Threads(int pid) => Directory.GetDirectories($"/proc/{pid}/task").Select(entry => int.Parse(Path.GetFileName(entry)));
}

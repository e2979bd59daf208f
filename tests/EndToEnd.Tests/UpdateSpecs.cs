namespace KataActors.EndToEnd.Tests;

/// <summary>The verb <c>update</c>: what it changes in the guest, and what it refuses.</summary>
public sealed class UpdateSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Limits = "cd /sys/fs/cgroup; while :; do echo $(cat cpu.max cpu.weight memory.max pids.max); sleep 0.2; done";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_change_the_limits_of_the_guest()
    {
        var (id, run) = await RunAsync();
        await SaysAsync(run, "max 100000 100 max max");

        await _daemon.SucceedAsync("update", "--cpu-quota", "50000", "--cpu-period", "50000", "--cpu-share", "2", "--memory", "64m", "--pids-limit", "20", id);
        await SaysAsync(run, "50000 50000 1 67108864 20");
        await _daemon.SucceedAsync("update", "--resources", Document("""{"cpu": {"quota": -1}, "memory": {"limit": 33554432}}"""), id);
        await SaysAsync(run, "max 50000 1 33554432 20");
        await _daemon.SucceedAsync("update", "--pids-limit", "-1", "--memory", "-1", id);
        await SaysAsync(run, "max 50000 1 max max");

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_change_nothing_when_it_refuses()
    {
        var (id, run) = await RunAsync();
        await _daemon.SucceedAsync("update", "--cpu-quota", "50000", "--memory", "64m", "--memory-swap", "64m", id);
        await SaysAsync(run, "50000 100000 100 67108864 max");
        var group = new VcpuGroup(id);
        var (limit, threads) = (group.Limit, group.Threads);

        await FailsAsync(1, ["linux.resources.cpu.quota -5 is negative"], "--cpu-quota", "-5", id);
        await FailsAsync(1, ["linux.resources.cpu.quota 10 is out of range"], "--cpu-quota", "10", id);
        await FailsAsync(1, ["linux.resources.cpu.period -1 is out of range"], "--cpu-period", "-1", id);
        await FailsAsync(1, ["linux.resources.memory.limit -2 is negative"], "--memory", "-2", id);
        await FailsAsync(1, ["linux.resources.memory.swap 67108864 is below the memory limit 134217728"], "--memory", "128m", id);
        await FailsAsync(1, ["--cpu-quota \"many\" is not a whole number"], "--cpu-quota", "many", id);
        await FailsAsync(1, ["--blkio-weight 10"], "--blkio-weight", "10", id);
        await FailsAsync(1, ["resources: not JSON"], "--resources", Document("{\"cpu\": "), id);
        await FailsAsync(1, ["resources: cpu.quota has a value of the wrong type"], "--resources", Document("""{"cpu": {"quota": "x"}}"""), id);
        await FailsAsync(1, ["no such file or directory"], "--resources", Path.Combine(_daemon.Directory, "none"), id);
        await FailsAsync(2, ["at least one limit"], id);
        await FailsAsync(2, ["flag \"--frob\" of \"update\" is unknown"], "--frob", "1", id);
        await FailsAsync(1, ["container \"nobody\" does not exist"], "--cpu-quota", "5000", "nobody");

        Assert.Equal(limit, group.Limit);
        Assert.Equal(threads, group.Threads);
        await SaysAsync(run, "50000 100000 100 67108864 max");
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await FailsAsync(1, [$"\"{id}\"", "it is stopped"], "--cpu-quota", "5000", id);
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_hold_the_old_or_the_new_limit_but_not_half_of_one_when_the_daemon_dies_meanwhile()
    {
        var (id, run) = await RunAsync();
        await _daemon.SucceedAsync("update", "--cpu-quota", "60000", id);
        var group = new VcpuGroup(id);
        foreach (var round in Enumerable.Range(1, 4))
        {
            var update = _daemon.Start("update", "--cpu-quota", $"{60000 + (round * 1000)}", id);
            await Eventually.TrueAsync(() => _daemon.Pid != 0, () => "no daemon");
            // Somewhere on the way, each time a little later.
            await Task.Delay(TimeSpan.FromMilliseconds(round * 10));
            _daemon.Kill();
            await update.FinishAsync();
            await Eventually.TrueAsync(async () => (await _daemon.RunAsync("state", id)).ExitCode == 0, () => "no daemon comes back");

            await Eventually.TrueAsync(
                () => run.Output.TrimEnd('\n').Split('\n')[^1].StartsWith(group.Limit.Replace('/', ' '), StringComparison.Ordinal),
                () => $"host {group.Limit}, guest {run.Output.TrimEnd('\n').Split('\n')[^1]}");
        }

        await _daemon.SucceedAsync("update", "--cpu-quota", "70000", id);
        Assert.Equal("70000/100000", group.Limit);
        await SaysAsync(run, "70000 100000 100 max max");
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    private async Task<(string Id, RunningCommand Run)> RunAsync()
    {
        var bundle = _daemon.ShellBundle(Limits);
        bundle.Spec["mounts"]!.AsArray().Add((JsonNode)new JsonObject { ["destination"] = "/sys", ["type"] = "sysfs", ["source"] = "sysfs" });
        bundle.Spec["mounts"]!.AsArray().Add((JsonNode)new JsonObject { ["destination"] = "/sys/fs/cgroup", ["type"] = "cgroup", ["source"] = "cgroup" });
        bundle.Save();
        Directory.CreateDirectory(Path.Combine(bundle.Rootfs, "sys"));
        var id = _daemon.NewId();
        var run = _daemon.Start("run", "--detach", "--bundle", bundle.Path, id);
        (await run.FinishAsync()).MustSucceed();
        return (id, run);
    }

    private string Document(string json)
    {
        var path = Path.Combine(_daemon.Directory, "resources.json");
        File.WriteAllText(path, json);
        return path;
    }

    private async Task FailsAsync(int code, string[] fragments, params string[] arguments) =>
        (await _daemon.RunAsync(["update", .. arguments])).MustFail(code, fragments);

    private static Task SaysAsync(RunningCommand run, string line) =>
        Eventually.TrueAsync(() => run.Output.TrimEnd('\n').Split('\n')[^1] == line, () => $"the guest does not say \"{line}\": {run.Output}{run.Errors}");
}

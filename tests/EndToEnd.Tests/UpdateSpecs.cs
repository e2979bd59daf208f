namespace KataActors.EndToEnd.Tests;

/// <summary>The verb <c>update</c>: its changes in the guest, and its refusals.</summary>
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
        // The host alone holds the quota.
        Assert.Equal("50000/50000", new VcpuGroup(id).Limit);
        await SaysAsync(run, "max 50000 1 67108864 20");
        await _daemon.SucceedAsync("update", "--resources", Document("""{"cpu": {"quota": -1}, "memory": {"limit": 33554432}}"""), id);
        await SaysAsync(run, "max 50000 1 33554432 20");
        await _daemon.SucceedAsync("update", "--pids-limit", "-1", "--memory", "-1", id);
        await SaysAsync(run, "max 50000 1 max max");

        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_have_the_guest_hold_a_container_to_its_quota_while_the_host_allows_more()
    {
        var (sandbox, run) = await RunAsync(bundle => bundle.WithAnnotation("io.kubernetes.cri.container-type", "sandbox").WithCpu(40000, 100000));
        await SaysAsync(run, "max 100000 100 max max");

        var second = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", _daemon.Bundle("sleep", "1000").WithCpu(30000, 100000).Joining(sandbox).Path, second);
        Assert.Equal("70000/100000", new VcpuGroup(sandbox).Limit);
        await SaysAsync(run, "40000 100000 100 max max");
        _daemon.Kill();
        await Eventually.TrueAsync(async () => (await _daemon.RunAsync("state", sandbox)).ExitCode == 0, () => "no daemon comes back");
        await _daemon.SucceedAsync("update", "--cpu-quota", "-1", second);
        Assert.Equal("-1/100000", new VcpuGroup(sandbox).Limit);
        await SaysAsync(run, "40000 100000 100 max max");
        await _daemon.SucceedAsync("delete", "--force", second);
        await SaysAsync(run, "max 100000 100 max max");
        Assert.Equal("40000/100000", new VcpuGroup(sandbox).Limit);

        await _daemon.SucceedAsync("delete", "--force", sandbox);
    }

    [Fact]
    public async Task Should_change_nothing_when_it_refuses()
    {
        var (id, run) = await RunAsync();
        await _daemon.SucceedAsync("update", "--cpu-quota", "50000", "--memory", "64m", "--memory-swap", "64m", id);
        await SaysAsync(run, "max 100000 100 67108864 max");
        var group = new VcpuGroup(id);
        var (limit, threads) = (group.Limit, group.Threads);

        await FailsAsync(1, ["linux.resources.cpu.quota 10 is out of range"], "--cpu-quota", "10", id);
        await FailsAsync(1, ["linux.resources.cpu.period -1 is out of range"], "--cpu-period", "-1", id);
        await FailsAsync(1, ["linux.resources.memory.limit -2 is negative"], "--memory", "-2", id);
        await FailsAsync(1, ["linux.resources.memory.swap 67108864 is below the memory limit 134217728"], "--memory", "128m", id);
        await FailsAsync(2, ["--cpu-quota \"many\" is not a whole number"], "--cpu-quota", "many", id);
        await FailsAsync(2, ["--blkio-weight \"many\""], "--blkio-weight", "many", id);
        await FailsAsync(1, ["resources: not JSON"], "--resources", Document("{\"cpu\": "), id);
        await FailsAsync(1, ["resources: cpu.quota has a value of the wrong type"], "--resources", Document("""{"cpu": {"quota": "x"}}"""), id);
        await FailsAsync(1, ["no such file or directory"], "--resources", Path.Combine(_daemon.Directory, "none"), id);
        await FailsAsync(2, ["at least one limit"], id);
        await FailsAsync(2, ["flag \"--frob\" of \"update\" is unknown"], "--frob", "1", id);
        await FailsAsync(1, ["container \"nobody\" does not exist"], "--cpu-quota", "5000", "nobody");

        Assert.Equal(limit, group.Limit);
        Assert.Equal(threads, group.Threads);
        await SaysAsync(run, "max 100000 100 67108864 max");
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await FailsAsync(1, [$"\"{id}\"", "it is stopped"], "--cpu-quota", "5000", id);
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_hold_the_old_or_the_new_limit_but_not_half_of_one_when_the_daemon_dies_meanwhile()
    {
        var (id, run) = await RunAsync();
        // Each round has a quota, which the host holds, and a number of processes, which the guest holds.
        string[] whole = [.. Enumerable.Range(0, 6).Select(round => $"{60000 + (round * 1000)}/100000, max 100000 100 max {100 + round}")];
        await _daemon.SucceedAsync("update", "--cpu-quota", "60000", "--pids-limit", "100", id);
        var group = new VcpuGroup(id);
        foreach (var round in Enumerable.Range(1, 4))
        {
            var update = _daemon.Start("update", "--cpu-quota", $"{60000 + (round * 1000)}", "--pids-limit", $"{100 + round}", id);
            await Eventually.TrueAsync(() => _daemon.Pid != 0, () => "no daemon");
            // Each time further on its way: at once, when the guest has the new limit, when the host has it, when both have.
            await Eventually.TrueAsync(
                () => round switch
                {
                    1 => true,
                    2 => Both().EndsWith($" {100 + round}", StringComparison.Ordinal),
                    3 => group.Limit == $"{60000 + (round * 1000)}/100000",
                    _ => Both() == whole[round],
                },
                Both);
            _daemon.Kill();
            await update.FinishAsync();
            await Eventually.TrueAsync(async () => (await _daemon.RunAsync("state", id)).ExitCode == 0, () => "no daemon comes back");

            await Eventually.TrueAsync(() => whole.Contains(Both()), Both);
        }

        await _daemon.SucceedAsync("update", "--cpu-quota", "70000", id);
        Assert.Equal("70000/100000", group.Limit);
        await _daemon.SucceedAsync("delete", "--force", id);

        string Both() => $"{group.Limit}, {run.Output.TrimEnd('\n').Split('\n')[^1]}";
    }

    private async Task<(string Id, RunningCommand Run)> RunAsync(Action<TestBundle>? change = null)
    {
        var bundle = _daemon.ShellBundle(Limits);
        bundle.Spec["mounts"]!.AsArray().Add((JsonNode)new JsonObject { ["destination"] = "/sys", ["type"] = "sysfs", ["source"] = "sysfs" });
        bundle.Spec["mounts"]!.AsArray().Add((JsonNode)new JsonObject { ["destination"] = "/sys/fs/cgroup", ["type"] = "cgroup", ["source"] = "cgroup" });
        bundle.Save();
        change?.Invoke(bundle);
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

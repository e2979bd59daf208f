using System.Text.Json.Nodes;

namespace KataActors.EndToEnd.Tests;

/// <summary>The verbs <c>ps</c> and <c>events</c>, and <c>kill --all</c>.</summary>
public sealed class EventsSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_show_the_processes_of_the_guest_and_the_pids_of_the_host()
    {
        var id = await RunAsync("sleep 2000 & exec sleep 1000");
        var exec = _daemon.Start("exec", id, "sh", "-c", "echo up; exec sleep 3000");
        await exec.OutputAsync("up\n");

        var table = (await _daemon.RunAsync("ps", id)).MustSucceed().Output.Split('\n');
        Assert.Matches("^UID +PID +PPID +C +STIME +TTY +TIME +CMD$", table[0]);
        Assert.Matches(@"^root +1 +0 +\d+ \S+ \? +\S+ sleep 1000$", table[1]);
        Assert.StartsWith("1 sleep 1000\n", (await _daemon.RunAsync("ps", id, "-o", "pid=", "-o", "args=")).MustSucceed().Output.TrimStart(), StringComparison.Ordinal);
        Assert.Contains("sleep 3000", (await _daemon.RunAsync("ps", id, "aux")).MustSucceed().Output, StringComparison.Ordinal);

        var pids = (await _daemon.JsonAsync("ps", "--format", "json", id)).AsArray().Select(pid => (int)pid!).ToArray();
        Assert.Equal((int)(await _daemon.JsonAsync("state", id))["pid"]!, pids[0]);
        Assert.Equal(2, pids.Length);
        Assert.All(pids, pid => Assert.Contains("kata-actors-standin", File.ReadAllText($"/proc/{pid}/cmdline"), StringComparison.Ordinal));

        var refused = await _daemon.RunAsync("ps", id, "-Z");
        Assert.Equal((2, "kata-actors: option \"-Z\" of ps is unknown: there are -e, -A, -f, aux, and -o with names of columns\n"), (refused.ExitCode, refused.Errors));
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        Assert.Equal("[]\n", (await _daemon.RunAsync("ps", "--format", "json", id)).MustSucceed().Output);
        Assert.Single((await _daemon.RunAsync("ps", id)).MustSucceed().Output.Trim().Split('\n'));
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_print_the_statistics_of_the_guest_in_runcs_shape()
    {
        var id = await RunAsync("exec sleep 1000");

        var e = await _daemon.JsonAsync("events", "--stats", id);

        Assert.Equal(("stats", id), ((string)e["type"]!, (string)e["id"]!));
        var data = e["data"]!;
        Assert.Equal(
            ["blkio", "cpu", "cpuset", "hugetlb", "intel_rdt", "memory", "network_interfaces", "pids"], data.AsObject().Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.True((long)data["cpu"]!["usage"]!["total"]! > 0);
        Assert.True((long)data["memory"]!["usage"]!["usage"]! > 0);
        Assert.Equal(ulong.MaxValue, (ulong)data["memory"]!["usage"]!["limit"]!);
        Assert.Equal(1, (int)data["pids"]!["current"]!);
        await _daemon.SucceedAsync("pause", id);
        await _daemon.SucceedAsync("events", "--stats", id);
        await FailsAsync("duration interval must be greater than 0", "events", "--interval", "0s", id);
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await FailsAsync($"container with id {id} is not running", "events", "--stats", id);
        await FailsAsync($"container with id {id} is not running", "events", id);
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_stream_statistics_and_lacks_of_memory_until_the_container_ends()
    {
        var id = await RunAsync("mkdir -p /dev/shm; sleep 3; dd if=/dev/zero of=/dev/shm/x bs=1M count=48; sleep 3; exit 0", bundle => bundle.With("linux.resources", new JsonObject { ["memory"] = new JsonObject { ["limit"] = 16 << 20 } }));
        var events = _daemon.Start("events", "--interval", "500ms", id);

        var lines = (await events.FinishAsync()).MustSucceed().Output.Trim().Split('\n').Select(line => JsonNode.Parse(line)!).ToArray();

        Assert.Contains(lines, line => (string)line["type"]! == "oom" && (string)line["id"]! == id && line["data"] is null);
        Assert.True(lines.Count(line => (string)line["type"]! == "stats") >= 3);
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_report_the_lack_of_memory_that_ends_the_container()
    {
        var id = await RunAsync("sleep 3; exec dd if=/dev/zero of=/dev/null bs=64M count=1", bundle => bundle.With("linux.resources", new JsonObject { ["memory"] = new JsonObject { ["limit"] = 16 << 20 } }));
        var events = _daemon.Start("events", "--interval", "1h", id);

        Assert.Equal($$"""{"type":"oom","id":"{{id}}"}""" + "\n", (await events.FinishAsync()).MustSucceed().Output);
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_signal_all_processes_of_a_container_in_any_state()
    {
        var id = await RunAsync("trap '' TERM; sleep 1000 & wait; sleep 1000");
        var exec = _daemon.Start("exec", id, "sh", "-c", "echo up; exec sleep 1000");
        await exec.OutputAsync("up\n");

        await _daemon.SucceedAsync("kill", "--all", id, "TERM");
        Assert.Equal(143, (await exec.FinishAsync()).ExitCode);
        Assert.Equal("running", await _daemon.StatusAsync(id));
        await _daemon.SucceedAsync("pause", id);
        await _daemon.SucceedAsync("kill", "--all", id, "0");
        await _daemon.SucceedAsync("kill", "--all", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await _daemon.SucceedAsync("kill", "--all", id, "KILL");
        await _daemon.SucceedAsync("kill", "--all", id, "0");
        await _daemon.SucceedAsync("delete", id);
    }

    private async Task<string> RunAsync(string script, Func<TestBundle, TestBundle>? change = null)
    {
        var id = _daemon.NewId();
        var bundle = _daemon.ShellBundle(script);
        await _daemon.SucceedAsync("run", "--detach", "--bundle", (change?.Invoke(bundle) ?? bundle).Path, id);
        return id;
    }

    private async Task FailsAsync(string message, params string[] arguments)
    {
        var result = await _daemon.RunAsync(arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }
}

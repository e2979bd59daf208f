namespace KataActors.Callers.Tests;

/// <summary>Containers that podman starts detached, until it removes them.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanLifecycleSpecs(Podman podman)
{
    private const string StoppableScript = "trap 'echo stopping; exit 7' TERM; echo started; echo problem >&2; while :; do sleep 0.1; done";

    [Fact]
    public async Task Should_log_stop_and_start_again()
    {
        var id = await podman.StartScriptAsync(StoppableScript);
        await LoggedAsync(id, "started\n");

        (await podman.RunAsync("restart", "--time", "20", id)).MustExit(0);
        await LoggedAsync(id, "started\nstopping\nstarted\n");
        (await podman.RunAsync("stop", "--time", "20", id)).MustExit(0);

        Assert.Equal("7\n", (await podman.RunAsync("wait", id)).MustExit(0).Output);
        var logs = (await podman.RunAsync("logs", id)).MustExit(0);
        Assert.Equal(("started\nstopping\nstarted\nstopping\n", "problem\nproblem\n"), (logs.Output, logs.Errors));
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_report_the_death_when_a_container_is_killed()
    {
        var id = await podman.StartScriptAsync("exec sleep 1000");
        using var wait = podman.Start("wait", id);

        (await podman.RunAsync("kill", id)).MustExit(0);

        Assert.Equal("137\n", (await wait.FinishAsync()).MustExit(0).Output);
        Assert.Equal("exited 137", (await podman.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", id)).MustExit(0).Output.Trim());
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_copy_and_commit_files_of_a_stopped_container()
    {
        var id = await podman.StartScriptAsync("echo made > /tmp/made; cat /tmp/answer");
        Assert.Equal("1\n", (await podman.RunAsync("wait", id)).MustExit(0).Output);
        var file = await FileAsync("copied\n");

        (await podman.RunAsync("cp", file, $"{id}:/tmp/answer")).MustExit(0);
        (await podman.RunAsync("cp", $"{id}:/tmp/made", file + ".back")).MustExit(0);
        (await podman.RunAsync("commit", "--quiet", id, "callers.test/committed")).MustExit(0);

        Assert.Equal("made\n", await File.ReadAllTextAsync(file + ".back", TestContext.Current.CancellationToken));
        Assert.Equal("copied\n", (await podman.RunAsync("start", "--attach", id)).MustExit(0).Output);
        Assert.Equal("made\n", (await podman.RunAsync("run", "--rm", "--network", "none", "callers.test/committed", "/bin/cat", "/tmp/made")).MustExit(0).Output);
        await RemoveAsync(id);
    }

    // podman copies in the mount namespace of the container's pid.
    [Fact]
    public async Task Should_copy_files_of_a_running_container()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, Guid.NewGuid().ToString("N"))).FullName;
        var id = await podman.StartScriptAsync("echo made > /tmp/made; exec sleep 1000", "--volume", $"{volume}:/made-for-it/data", "--tmpfs", "/scratch");
        await Eventually.TrueAsync(() => podman.RunAsync("exec", id, "/bin/cat", "/tmp/made").GetAwaiter().GetResult().ExitCode == 0, () => "the container made no file");
        var file = await FileAsync("copied\n");
        var name = Guid.NewGuid().ToString("N");

        (await podman.RunAsync("cp", file, $"{id}:/tmp/{name}")).MustExit(0);
        (await podman.RunAsync("cp", file, $"{id}:/made-for-it/data/{name}")).MustExit(0);
        (await podman.RunAsync("cp", $"{id}:/tmp/made", file + ".back")).MustExit(0);

        Assert.False(File.Exists($"/tmp/{name}"));
        Assert.Equal("copied\n", (await podman.RunAsync("exec", id, "/bin/cat", $"/tmp/{name}")).MustExit(0).Output);
        Assert.Equal("copied\n", await File.ReadAllTextAsync(Path.Combine(volume, name), TestContext.Current.CancellationToken));
        Assert.Equal("made\n", await File.ReadAllTextAsync(file + ".back", TestContext.Current.CancellationToken));
        Assert.NotEqual(0, (await podman.RunAsync("cp", file, $"{id}:/scratch/{name}")).ExitCode);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_tell_health_by_the_exit_code_of_a_command()
    {
        var id = await podman.StartScriptAsync("exec sleep 1000", "--health-cmd", "test -e /tmp/well", "--health-interval", "disable", "--health-retries", "1");

        (await podman.RunAsync("healthcheck", "run", id)).MustExit(1);
        (await podman.RunAsync("exec", id, "/bin/touch", "/tmp/well")).MustExit(0);
        (await podman.RunAsync("healthcheck", "run", id)).MustExit(0);

        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_change_the_limits_of_a_running_container()
    {
        var id = await podman.StartScriptAsync("exec sleep 1000", "--memory", "64m");

        (await podman.RunAsync("update", "--memory", "128m", "--cpus", "0.5", id)).MustExit(0);

        Assert.Equal("134217728\n", (await podman.RunAsync("exec", id, "/bin/cat", "/sys/fs/cgroup/memory.max")).MustExit(0).Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_show_what_is_used()
    {
        var id = await podman.StartScriptAsync("exec sleep 1000");

        var result = (await podman.RunAsync("stats", "--no-stream", "--format", "{{.MemUsage}}|{{.PIDs}}", id)).MustExit(0);

        Assert.Matches(@"^[1-9][0-9.]*[kM]B / .*\|[1-9]", result.Output);
        await RemoveAsync(id);
    }

    // podman reads /proc in the pid namespace of the container's pid.
    [Fact(Skip = "the stand-in is in the pid namespace of the host, so podman shows the host's processes")]
    public async Task Should_show_the_processes()
    {
        var id = await podman.StartScriptAsync("exec sleep 1234");

        Assert.Equal("PID         COMMAND\n1           sleep 1234 \n", (await podman.RunAsync("top", id, "pid", "args")).MustExit(0).Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_show_the_processes_by_the_containers_own_program()
    {
        var id = await podman.StartScriptAsync("exec sleep 1234");

        Assert.Contains("sleep 1234", (await podman.RunAsync("top", id, "-o", "pid,args")).MustExit(0).Output, StringComparison.Ordinal);
        await RemoveAsync(id);
    }

    private async Task<string> FileAsync(string content)
    {
        var file = Path.Combine(podman.Runtime.Directory, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(file, content, TestContext.Current.CancellationToken);
        return file;
    }

    private async Task<string> LogsAsync(string id) => (await podman.RunAsync("logs", id)).MustExit(0).Output;

    private Task LoggedAsync(string id, string text) =>
        Eventually.TrueAsync(() => LogsAsync(id).GetAwaiter().GetResult() == text, () => $"the container does not log \"{text}\"");

    private Task RemoveAsync(string id) => podman.RemoveAsync(id);
}

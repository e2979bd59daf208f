namespace KataActors.Callers.Tests;

/// <summary>Containers that docker starts detached, until it removes them.</summary>
[Collection(DockerCollection.Name)]
public sealed class DockerLifecycleSpecs(Docker docker)
{
    private const string StoppableScript = "trap 'echo stopping; exit 7' TERM; echo started; echo problem >&2; while :; do sleep 0.1; done";

    [Fact]
    public async Task Should_stop_with_the_exit_code_of_the_handler_and_start_again()
    {
        var id = await docker.StartScriptAsync(StoppableScript);
        await LoggedAsync(id, "started\n");
        Assert.Equal("running 0", await docker.InspectAsync(id, "{{.State.Status}} {{.State.ExitCode}}"));
        Assert.True(Directory.Exists($"/proc/{await docker.InspectAsync(id, "{{.State.Pid}}")}"));

        (await docker.RunAsync("stop", "--time", "20", id)).MustExit(0);

        Assert.Equal("exited 0 7", await docker.InspectAsync(id, "{{.State.Status}} {{.State.Pid}} {{.State.ExitCode}}"));
        Assert.Equal("7\n", (await docker.RunAsync("wait", id)).MustExit(0).Output);
        var logs = (await docker.RunAsync("logs", id)).MustExit(0);
        Assert.Equal(("started\nstopping\n", "problem\n"), (logs.Output, logs.Errors));

        (await docker.RunAsync("start", id)).MustExit(0);
        await LoggedAsync(id, "started\nstopping\nstarted\n");
        (await docker.RunAsync("restart", "--time", "20", id)).MustExit(0);
        await LoggedAsync(id, "started\nstopping\nstarted\nstopping\nstarted\n");
        await docker.RemoveAsync(id);
    }

    [Fact]
    public async Task Should_stop_with_the_signal_that_the_container_names()
    {
        var id = await docker.StartScriptAsync("trap 'exit 9' USR1; echo started; while :; do sleep 0.1; done", "--stop-signal", "USR1");
        await LoggedAsync(id, "started\n");

        (await docker.RunAsync("stop", "--time", "20", id)).MustExit(0);

        Assert.Equal("9", await docker.InspectAsync(id, "{{.State.ExitCode}}"));
        await docker.RemoveAsync(id);
    }

    [Fact]
    public async Task Should_report_the_death_when_a_container_is_killed()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000", "--name", "victim");
        using var wait = docker.Start("wait", "victim");

        (await docker.RunAsync("kill", "victim")).MustExit(0);

        Assert.Equal("137\n", (await wait.FinishAsync()).MustExit(0).Output);
        using var events = docker.Start(
            "events", "--since", "10m", "--filter", $"container={id}", "--filter", "event=die", "--format", "{{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}");
        Assert.Equal("victim 137", await events.ReadLineAsync());
        events.Kill();
        await docker.RemoveAsync("victim");
    }

    [Fact]
    public async Task Should_remove_a_running_container_by_force()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000");

        await docker.RemoveAsync(id);

        Assert.DoesNotContain(id, (await docker.RunAsync("ps", "--all", "--quiet", "--no-trunc")).MustExit(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_copy_commit_and_rename_while_the_container_runs()
    {
        var id = await docker.StartScriptAsync("echo made > /tmp/made; while [ ! -e /tmp/answer ]; do sleep 0.1; done; cat /tmp/answer", "--name", "first");
        var file = Path.Combine(docker.Runtime.Directory, "answer");
        await File.WriteAllTextAsync(file, "copied\n", TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => docker.RunAsync("cp", "first:/tmp/made", file + ".back").GetAwaiter().GetResult().ExitCode == 0, () => "the container's file is not seen");

        Assert.Equal("made\n", await File.ReadAllTextAsync(file + ".back", TestContext.Current.CancellationToken));
        (await docker.RunAsync("commit", "first", "callers.test/committed")).MustExit(0);
        (await docker.RunAsync("rename", "first", "second")).MustExit(0);
        (await docker.RunAsync("cp", file, "second:/tmp/answer")).MustExit(0);
        (await docker.RunAsync("wait", "second")).MustExit(0);
        Assert.Equal("copied\n", (await docker.RunAsync("logs", id)).MustExit(0).Output);
        await docker.RemoveAsync("second");
        Assert.Equal("made\n", (await docker.RunAsync("run", "--rm", "--network", "none", "callers.test/committed", "/bin/cat", "/tmp/made")).MustExit(0).Output);
    }

    [Fact]
    public async Task Should_change_the_limits_of_a_running_container()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000", "--memory", "64m", "--memory-swap", "64m", "--pids-limit", "50");

        (await docker.RunAsync("update", "--memory", "128m", "--memory-swap", "128m", "--pids-limit", "60", "--cpus", "0.5", id)).MustExit(0);

        Assert.Equal("134217728\n60\n", (await docker.RunAsync("exec", id, "/bin/cat", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/pids.max")).MustExit(0).Output);
        await docker.RemoveAsync(id);
    }

    [Fact]
    public async Task Should_tell_health_by_the_exit_code_of_a_command()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000", "--health-cmd", "test -e /tmp/well", "--health-interval", "0.5s", "--health-retries", "1");
        await HealthAsync("unhealthy");

        (await docker.RunAsync("exec", id, "/bin/touch", "/tmp/well")).MustExit(0);

        await HealthAsync("healthy");
        await docker.RemoveAsync(id);

        Task HealthAsync(string health) => Eventually.TrueAsync(
            () => docker.InspectAsync(id, "{{.State.Health.Status}}").GetAwaiter().GetResult() == health, () => $"the container is not {health}");
    }

    [Fact]
    public async Task Should_pause_and_go_on()
    {
        var id = await docker.StartScriptAsync("while :; do echo x; sleep 0.05; done");
        (await docker.RunAsync("pause", id)).MustExit(0);
        Assert.Equal("paused", await docker.InspectAsync(id, "{{.State.Status}}"));
        Assert.Contains("is paused", (await docker.RunAsync("exec", id, "/bin/true")).MustExit(1).Errors, StringComparison.Ordinal);
        var written = await LogsAsync(id);

        (await docker.RunAsync("unpause", id)).MustExit(0);

        await Eventually.TrueAsync(() => LogsAsync(id).GetAwaiter().GetResult().Length > written.Length, () => "the container does not go on");
        await docker.RemoveAsync(id);
    }

    [Fact]
    public async Task Should_remove_a_paused_container_by_force()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000");
        (await docker.RunAsync("pause", id)).MustExit(0);

        await docker.RemoveAsync(id);
    }

    private async Task<string> LogsAsync(string id) => (await docker.RunAsync("logs", id)).MustExit(0).Output;

    private Task LoggedAsync(string id, string text) =>
        Eventually.TrueAsync(() => LogsAsync(id).GetAwaiter().GetResult() == text, () => $"the container does not log \"{text}\"");
}

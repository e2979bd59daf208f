namespace KataActors.Callers.Tests;

/// <summary>What outlives a containerd that is killed: its shims attend containers and added processes, as with runc.</summary>
public sealed class ContainerdRestartSpecs(Containerd containerd) : IClassFixture<Containerd>
{
    [Fact]
    public async Task Should_keep_a_container_and_its_added_processes_when_containerd_is_killed_and_started_again()
    {
        var (log, execLog) = (Path.Combine(containerd.Folder, "c.log"), Path.Combine(containerd.Folder, "e.log"));
        (await containerd.RunAsync([
            .. containerd.Run("--detach", "--log-uri", $"file://{log}"), "restart1",
            "/bin/sh", "-c", "echo begin; trap 'echo end; exit 5' TERM; while :; do sleep 0.1; done"])).MustExit(0);
        using var attached = containerd.Start("tasks", "exec", "--exec-id", "attached", "restart1", "/bin/sh", "-c", "echo ready; cat");
        Assert.Equal("ready", await attached.ReadLineAsync());
        (await containerd.RunAsync(
            "tasks", "exec", "--detach", "--exec-id", "detached", "--log-uri", $"file://{execLog}", "restart1",
            "/bin/sh", "-c", "echo ready; while [ ! -e /go ]; do sleep 0.1; done; echo done; exit 4")).MustExit(0);
        await LoggedAsync(execLog, "ready\n");
        var before = await containerd.StatusAsync("restart1");

        await containerd.RestartAsync();

        // ctr is told at once. What it has added runs on.
        Assert.NotEqual(0, (await attached.FinishAsync()).ExitCode);
        Assert.Equal(before, await containerd.StatusAsync("restart1"));
        var processes = (await containerd.RunAsync("tasks", "ps", "restart1")).MustExit(0).Output;
        Assert.Contains("ExecID:attached,", processes, StringComparison.Ordinal);
        Assert.Contains("ExecID:detached,", processes, StringComparison.Ordinal);

        Assert.Equal("new\n", (await containerd.RunAsync("tasks", "exec", "--exec-id", "new", "restart1", "/bin/sh", "-c", "touch /go; echo new; exit 7")).MustExit(7).Output);
        await LoggedAsync(execLog, "ready\ndone\n");
        await DeletedAsync("detached", 4);
        (await containerd.RunAsync("tasks", "kill", "--exec-id", "attached", "--signal", "SIGKILL", "restart1")).MustExit(0);
        await DeletedAsync("attached", 137);

        (await containerd.RunAsync("tasks", "kill", "--signal", "SIGTERM", "restart1")).MustExit(0);
        await LoggedAsync(log, "begin\nend\n");
        await Eventually.TrueAsync(
            () => containerd.StatusAsync("restart1").GetAwaiter().GetResult().Contains("STOPPED", StringComparison.Ordinal), () => "the task does not stop");
        Assert.Contains("non-zero exit code 5", (await containerd.RunAsync("tasks", "delete", "restart1")).MustExit(0).Errors, StringComparison.Ordinal);
        (await containerd.RunAsync("containers", "delete", "restart1")).MustExit(0);
        await containerd.Runtime.MustBeEmptyAsync();
    }

    private static Task LoggedAsync(string log, string expected) =>
        Eventually.TrueAsync(() => File.Exists(log) && File.ReadAllText(log) == expected, () => $"\"{log}\" has not become \"{expected}\"");

    // ctr ends with the code of the process.
    private Task DeletedAsync(string process, int code)
    {
        var last = -1;
        return Eventually.TrueAsync(
            () => (last = containerd.RunAsync("tasks", "delete", "--exec-id", process, "restart1").GetAwaiter().GetResult().ExitCode) == code,
            () => $"the deletion of \"{process}\" ends with {last}, not with {code}");
    }
}

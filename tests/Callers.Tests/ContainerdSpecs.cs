namespace KataActors.Callers.Tests;

public sealed class ContainerdSpecs(Containerd containerd) : IClassFixture<Containerd>
{
    [Fact]
    public async Task Should_return_output_and_exit_code_when_ctr_runs_a_container()
    {
        var result = (await containerd.RunAsync([.. containerd.Run("--rm"), "run1", "/bin/sh", "-c", "echo out; exit 3"])).MustExit(3);

        Assert.Equal("out\n", result.Output);
        Assert.Empty(await containerd.StatusAsync("run1"));
        await containerd.Runtime.MustBeEmptyAsync();
    }

    // Not before the container has started: ctr forgets an end of its stdin that comes earlier, with any runtime.
    [Fact]
    public async Task Should_pass_stdin_on_to_its_end_when_ctr_runs_a_container()
    {
        using var run = containerd.Start([.. containerd.Run("--rm"), "stdin1", "/bin/sh", "-c", "echo ready; cat"]);
        Assert.Equal("ready", await run.ReadLineAsync());
        await run.WriteAsync("one\ntwo\n");

        Assert.Equal("one\ntwo\n", (await run.FinishAsync()).MustExit(0).Output);
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_kill_and_delete_when_ctr_asks_for_it()
    {
        (await containerd.RunAsync([.. containerd.Run("-d"), "kill1", "/bin/sleep", "1000"])).MustExit(0);
        Assert.Contains("RUNNING", await containerd.StatusAsync("kill1"), StringComparison.Ordinal);

        (await containerd.RunAsync("tasks", "kill", "--signal", "SIGKILL", "kill1")).MustExit(0);

        await Eventually.TrueAsync(
            () => containerd.StatusAsync("kill1").GetAwaiter().GetResult().Contains("STOPPED", StringComparison.Ordinal), () => "the task does not stop");
        (await containerd.RunAsync("tasks", "delete", "kill1")).MustExit(0);
        (await containerd.RunAsync("containers", "delete", "kill1")).MustExit(0);
        Assert.Contains(containerd.Runtime.Calls, call => call.EndsWith("delete --force kill1", StringComparison.Ordinal));
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_return_output_and_exit_code_when_ctr_adds_a_process()
    {
        (await containerd.RunAsync([.. containerd.Run("-d"), "exec1", "/bin/sleep", "1000"])).MustExit(0);

        var result = (await containerd.RunAsync("tasks", "exec", "--exec-id", "e1", "exec1", "/bin/sh", "-c", "echo out; echo err >&2; exit 3")).MustExit(3);

        Assert.Equal("out\n", result.Output);
        Assert.Contains("err", result.Errors, StringComparison.Ordinal);
        (await containerd.RunAsync("tasks", "delete", "--force", "exec1")).MustExit(0);
        (await containerd.RunAsync("containers", "delete", "exec1")).MustExit(0);
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_pause_resume_and_look_into_a_task()
    {
        (await containerd.RunAsync([.. containerd.Run("-d"), "pause1", "/bin/sleep", "1000"])).MustExit(0);

        (await containerd.RunAsync("tasks", "pause", "pause1")).MustExit(0);
        Assert.Contains("PAUSED", await containerd.StatusAsync("pause1"), StringComparison.Ordinal);
        (await containerd.RunAsync("tasks", "resume", "pause1")).MustExit(0);
        Assert.Contains("RUNNING", await containerd.StatusAsync("pause1"), StringComparison.Ordinal);

        // The pid of the task, which is that of its stand-in.
        var pid = (await containerd.StatusAsync("pause1")).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        var processes = (await containerd.RunAsync("tasks", "ps", "pause1")).MustExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["PID", pid], processes.Select(line => line.Split(' ')[0].Trim()));

        (await containerd.RunAsync("tasks", "delete", "--force", "pause1")).MustExit(0);
        (await containerd.RunAsync("containers", "delete", "pause1")).MustExit(0);
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_measure_a_task()
    {
        (await containerd.RunAsync([.. containerd.Run("-d"), "metrics1", "/bin/sleep", "1000"])).MustExit(0);

        var metrics = (await containerd.RunAsync("tasks", "metrics", "metrics1")).MustExit(0).Output;

        Assert.Matches(@"memory\.usage_in_bytes\s+[1-9]", metrics);
        Assert.Matches(@"cpuacct\.usage\s+[1-9]", metrics);
        await containerd.RemoveAsync("metrics1");
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_refuse_writes_when_root_and_mount_are_read_only()
    {
        var volume = Directory.CreateDirectory(Path.Combine(containerd.Runtime.Directory, "volume")).FullName;
        await File.WriteAllTextAsync(Path.Combine(volume, "file"), "content", TestContext.Current.CancellationToken);

        var result = (await containerd.RunAsync([
            .. containerd.Run("--rm", "--read-only", "--mount", $"type=bind,src={volume},dst=/mnt,options=rbind:ro"), "readonly1",
            "/bin/sh", "-c", "touch /x; touch /mnt/x; cat /mnt/file"])).MustExit(0);

        Assert.Equal("content", result.Output);
        Assert.Contains("/x: Read-only file system", result.Errors, StringComparison.Ordinal);
        Assert.Contains("/mnt/x: Read-only file system", result.Errors, StringComparison.Ordinal);
        Assert.Equal(["file"], Directory.GetFileSystemEntries(volume).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Should_name_the_program_when_it_does_not_exist()
    {
        var result = await containerd.RunAsync([.. containerd.Run("--rm"), "missing1", "/bin/nosuch"]);

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("stat /bin/nosuch: no such file or directory", result.Errors, StringComparison.Ordinal);
        await containerd.Runtime.MustBeEmptyAsync();
    }
}

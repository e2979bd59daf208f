namespace KataActors.EndToEnd.Tests;

/// <summary>The verbs by hand, as a caller uses them.</summary>
public sealed class LifecycleSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_go_from_created_to_deleted_when_a_caller_does_each_step()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle("echo kernel $(uname -r) on $(hostname); exec sleep 1000");
        var id = _daemon.NewId();

        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        (await create.FinishAsync()).MustSucceed();
        Assert.Equal("created", await _daemon.StatusAsync(id));
        Assert.Empty(create.Output);
        using var standIn = ReapedProcess.FromPidFile(bundle.PidFile);
        Assert.Equal(standIn.Pid, (int)(await _daemon.JsonAsync("state", id))["pid"]!);
        Assert.True(standIn.IsRunning);

        await _daemon.SucceedAsync("start", id);
        Assert.Equal("running", await _daemon.StatusAsync(id));
        await create.OutputAsync(" on in-a-vm");
        Assert.DoesNotContain($"kernel {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()} ", create.Output, StringComparison.Ordinal);

        await _daemon.SucceedAsync("kill", id, "KILL");
        Assert.Equal(137, await standIn.ExitCodeAsync());
        Assert.Equal("stopped", await _daemon.StatusAsync(id));

        await _daemon.SucceedAsync("delete", id);
        Assert.Equal(1, (await _daemon.RunAsync("state", id)).ExitCode);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_make_the_places_of_mounts_in_a_read_only_root_so_that_any_user_can_pass()
    {
        var bundle = _daemon.ShellBundle("echo passed > /deep/down/file && cat /deep/down/file && echo gone > /dev/null")
            .With("root.readonly", true)
            .With("process.user.uid", 1000)
            .With("mounts", new JsonArray(new JsonObject
            {
                ["destination"] = "/deep/down",
                ["type"] = "tmpfs",
                ["source"] = "tmpfs",
                ["options"] = new JsonArray("mode=1777"),
            }));
        Directory.Delete(Path.Combine(bundle.Rootfs, "dev"));

        var run = await _daemon.RunAsync("run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal((0, "passed\n", ""), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Should_write_the_pid_file_last_and_whole()
    {
        var bundle = _daemon.Bundle("true");
        var id = _daemon.NewId();
        using var watcher = new FileSystemWatcher(bundle.Path);
        var seen = new TaskCompletionSource<(string Text, int Left)>();
        watcher.Renamed += (_, change) => seen.TrySetResult((File.ReadAllText(change.FullPath), Directory.GetFiles(bundle.Path, ".*").Length));
        watcher.EnableRaisingEvents = true;

        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);

        var (text, left) = await seen.Task.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken);
        Assert.Equal("created", await _daemon.StatusAsync(id));
        Assert.Equal(text, (string?)(await _daemon.JsonAsync("state", id))["pid"]!.ToJsonString());
        Assert.Equal(0, left);
        (await create.FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    [Fact]
    public async Task Should_list_a_container_in_its_own_root_only()
    {
        var bundle = _daemon.Bundle("true");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("--root", "/run/one", "create", "--bundle", bundle.Path, id);

        Assert.Equal($"{id}\n", (await _daemon.RunAsync("--root", "/run/one", "list", "-q")).Output);
        Assert.Equal("created", (string)(await _daemon.JsonAsync("--root", "/run/one", "list", "--format", "json"))[0]!["status"]!);
        Assert.Equal("", (await _daemon.RunAsync("--root", "/run/two", "list", "-q")).Output);
        Assert.Equal(1, (await _daemon.RunAsync("state", id)).ExitCode);

        await _daemon.SucceedAsync("--root", "/run/one", "delete", "--force", id);
    }
}

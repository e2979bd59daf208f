namespace KataActors.Callers.Tests;

[Collection(PodmanCollection.Name)]
public sealed class PodmanSpecs(Podman podman)
{
    [Fact]
    public async Task Should_return_output_and_exit_code_when_a_container_runs()
    {
        var result = (await podman.RunScriptAsync("echo out; echo err >&2; uname -r; exit 3")).MustExit(3);

        var lines = result.Output.Split('\n');
        Assert.Equal("out", lines[0]);
        Assert.NotEqual((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", TestContext.Current.CancellationToken)).Trim(), lines[1]);
        Assert.Contains("err", result.Errors, StringComparison.Ordinal);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_warn_in_the_log_when_the_spec_asks_for_what_is_passed_over()
    {
        (await podman.RunScriptAsync("exit 0", "--privileged")).MustExit(0);

        Assert.Contains("of the host are not in the guest and not given: \"/dev/", podman.Runtime.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_pass_stdin_on_to_its_end_when_run_interactively()
    {
        using var run = podman.Start("run", "--rm", "-i", "--network", "none", BusyboxImage.Name, "/bin/cat");
        await run.WriteAsync("one\ntwo\n");

        var result = (await run.FinishAsync()).MustExit(0);

        Assert.Equal("one\ntwo\n", result.Output);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_stop_log_wait_and_remove_when_detached()
    {
        const string Script = "trap 'echo stopping; exit 7' TERM; echo started; while :; do sleep 0.1; done";
        var id = (await podman.RunAsync("run", "-d", "--network", "none", BusyboxImage.Name, "/bin/sh", "-c", Script)).MustExit(0).Output.Trim();
        await Eventually.TrueAsync(() => Logs(id).Contains("started", StringComparison.Ordinal), () => "the container does not start");

        (await podman.RunAsync("stop", "--time", "20", id)).MustExit(0);

        Assert.Equal("7", (await podman.RunAsync("wait", id)).MustExit(0).Output.Trim());
        Assert.Equal("exited 7", (await podman.RunAsync("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", id)).MustExit(0).Output.Trim());
        Assert.Equal("started\nstopping\n", (await podman.RunAsync("logs", id)).MustExit(0).Output);
        (await podman.RunAsync("rm", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();

        string Logs(string container) => podman.RunAsync("logs", container).GetAwaiter().GetResult().Output;
    }

    [Fact]
    public async Task Should_kill_and_remove_when_a_running_container_is_removed_by_force()
    {
        var id = (await podman.RunAsync("run", "-d", "--network", "none", BusyboxImage.Name, "/bin/sleep", "1000")).MustExit(0).Output.Trim();

        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);

        Assert.DoesNotContain(id, (await podman.RunAsync("ps", "--all", "--quiet", "--no-trunc")).MustExit(0).Output, StringComparison.Ordinal);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_share_files_at_once_when_a_volume_is_bound()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, "volume")).FullName;
        await File.WriteAllTextAsync(Path.Combine(volume, "host"), "from the host", TestContext.Current.CancellationToken);
        using var run = podman.Start(
            "run", "--rm", "-i", "--network", "none", "-v", $"{volume}:/data", BusyboxImage.Name,
            "/bin/sh", "-c", "echo guest > /data/guest; echo written; read line; cat /data/host /data/later");
        Assert.Equal("written", await run.ReadLineAsync());

        Assert.Equal("guest\n", await File.ReadAllTextAsync(Path.Combine(volume, "guest"), TestContext.Current.CancellationToken));
        await File.WriteAllTextAsync(Path.Combine(volume, "later"), ", and later", TestContext.Current.CancellationToken);
        await run.WriteAsync("go\n");

        Assert.Equal("from the host, and later", (await run.FinishAsync()).MustExit(0).Output);
    }

    [Fact]
    public async Task Should_show_files_of_the_root_filesystem_at_once_when_it_is_mounted_by_podman()
    {
        const string Script = "echo guest > /made; while [ ! -e /answer ]; do sleep 0.1; done; exit 5";
        var id = (await podman.RunAsync("run", "-d", "--network", "none", BusyboxImage.Name, "/bin/sh", "-c", Script)).MustExit(0).Output.Trim();
        var rootfs = (await podman.RunAsync("mount", id)).MustExit(0).Output.Trim();
        await Eventually.TrueAsync(() => File.Exists(Path.Combine(rootfs, "made")), () => "the container's file is not seen");

        await File.WriteAllTextAsync(Path.Combine(rootfs, "answer"), "", TestContext.Current.CancellationToken);

        Assert.Equal("5", (await podman.RunAsync("wait", id)).MustExit(0).Output.Trim());
        (await podman.RunAsync("rm", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_refuse_writes_when_a_volume_is_read_only()
    {
        var volume = Directory.CreateDirectory(Path.Combine(podman.Runtime.Directory, "read-only")).FullName;

        var result = (await podman.RunScriptAsync("touch /data/x", "-v", $"{volume}:/data:ro")).MustExit(1);

        Assert.Contains("Read-only file system", result.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(volume));
    }

    [Fact]
    public async Task Should_give_limits_user_and_name_when_they_are_asked_for()
    {
        var result = (await podman.RunScriptAsync(
            "id -u; id -g; ulimit -n; hostname; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max",
            "--user", "1000:1001", "--ulimit", "nofile=100:200", "--hostname", "named",
            "--memory", "64m", "--pids-limit", "50", "--cpus", "0.5")).MustExit(0);

        Assert.Equal("1000\n1001\n100\nnamed\n67108864\n50\nmax 100000\n", result.Output);
    }

    [Theory]
    [InlineData("--device=/dev/kvm", "linux.devices[0] \"/dev/kvm\" is a device of the host, which the guest does not have")]
    [InlineData("--pid=host", "has no pid namespace: a container in a VM cannot share the host's pid namespace")]
    [InlineData("--device-read-bps=/dev/null:1mb", "linux.resources.blockIO.throttleReadBpsDevice names disks of the host, which a guest does not have")]
    public async Task Should_explain_and_leave_nothing_when_refused(string option, string cause)
    {
        var result = (await podman.RunScriptAsync("exit 0", option)).MustExit(126);

        Assert.Contains(cause, result.Errors, StringComparison.Ordinal);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_take_the_cpus_to_run_on() => (await podman.RunScriptAsync("exit 0", "--cpuset-cpus=0")).MustExit(0);

    [Theory]
    [InlineData("/bin/nosuch", 127, "stat /bin/nosuch: no such file or directory")]
    [InlineData("nosuch", 127, "executable file not found in $PATH")]
    [InlineData("/etc", 126, "permission denied")]
    [InlineData("/etc/passwd", 126, "permission denied")]
    public async Task Should_name_the_program_when_it_cannot_be_executed(string program, int code, string cause)
    {
        var result = (await podman.RunAsync("run", "--rm", "--network", "none", BusyboxImage.Name, program)).MustExit(code);

        Assert.Contains(cause, result.Errors, StringComparison.Ordinal);
        await podman.Runtime.MustBeEmptyAsync();
    }
}

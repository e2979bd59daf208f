namespace KataActors.Callers.Tests;

[Collection(DockerCollection.Name)]
public sealed class DockerRunSpecs(Docker docker)
{
    [Fact]
    public async Task Should_return_output_and_exit_code_when_a_container_runs()
    {
        var result = (await docker.RunScriptAsync("echo out; echo err >&2; uname -r; exit 3")).MustExit(3);

        var lines = result.Output.Split('\n');
        Assert.Equal("out", lines[0]);
        Assert.NotEqual((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", TestContext.Current.CancellationToken)).Trim(), lines[1]);
        Assert.Equal("err\n", result.Errors);
        Assert.Empty((await docker.RunAsync("ps", "--all", "--quiet")).MustExit(0).Output);
        await docker.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_pass_stdin_on_to_its_end_when_run_interactively()
    {
        using var run = docker.Start("run", "--rm", "--interactive", "--network", "none", BusyboxImage.Name, "/bin/cat");
        await run.WriteAsync("one\ntwo\n");

        Assert.Equal("one\ntwo\n", (await run.FinishAsync()).MustExit(0).Output);
        await docker.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_give_user_folder_variable_name_and_limits_when_they_are_asked_for()
    {
        var result = (await docker.RunScriptAsync(
            "id -u; id -g; pwd; echo $A; hostname; ulimit -n; ulimit -Hn; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/pids.max /sys/fs/cgroup/cpu.max",
            "--user", "1000:1001", "--workdir", "/tmp", "--env", "A=b", "--hostname", "named", "--ulimit", "nofile=100:200",
            "--memory", "64m", "--pids-limit", "50", "--cpus", "0.5")).MustExit(0);

        Assert.Equal("1000\n1001\n/tmp\nb\nnamed\n100\n200\n67108864\n50\nmax 100000\n", result.Output);
    }

    [Fact]
    public async Task Should_give_volumes_and_memory_file_systems_when_the_root_is_read_only()
    {
        var volume = Directory.CreateDirectory(Path.Combine(docker.Runtime.Directory, "volume")).FullName;
        await File.WriteAllTextAsync(Path.Combine(volume, "host"), "from the host", TestContext.Current.CancellationToken);

        var result = (await docker.RunScriptAsync(
            "cat /ro/host; echo guest > /rw/guest; touch /ro/x; touch /x; touch /scratch/x; df -k /scratch /dev/shm",
            "--read-only", "--volume", $"{volume}:/ro:ro", "--volume", $"{volume}:/rw", "--tmpfs", "/scratch:size=1m", "--shm-size", "8m")).MustExit(0);

        Assert.StartsWith("from the host", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"\s1024\s.*/scratch\n", result.Output);
        Assert.Matches(@"\s8192\s.*/dev/shm\n", result.Output);
        Assert.Equal("touch: /ro/x: Read-only file system\ntouch: /x: Read-only file system\n", result.Errors);
        Assert.Equal("guest\n", await File.ReadAllTextAsync(Path.Combine(volume, "guest"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Should_have_only_the_capabilities_that_are_added_when_all_are_dropped()
    {
        var result = (await docker.RunScriptAsync("grep CapEff /proc/self/status", "--cap-drop", "ALL", "--cap-add", "CHOWN")).MustExit(0);

        Assert.Equal("CapEff:\t0000000000000001\n", result.Output);
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0", "--security-opt", "seccomp=unconfined")]
    public async Task Should_filter_system_calls_unless_told_otherwise(string mode, params string[] options)
    {
        var result = (await docker.RunScriptAsync("grep Seccomp: /proc/self/status", options)).MustExit(0);

        Assert.Equal($"Seccomp:\t{mode}\n", result.Output);
    }

    [Fact]
    public async Task Should_have_an_init_process_when_one_is_asked_for()
    {
        var result = (await docker.RunScriptAsync("head -1 /proc/1/status; exit 5", "--init")).MustExit(5);

        Assert.Equal("Name:\tdocker-init\n", result.Output);
    }

    [Fact]
    public async Task Should_mount_when_privileged()
    {
        var result = (await docker.RunScriptAsync("mount -t tmpfs none /tmp && grep -c ' /tmp tmpfs ' /proc/mounts", "--privileged")).MustExit(0);

        Assert.Equal("1\n", result.Output);
        await docker.Runtime.MustBeEmptyAsync();
    }

    [Theory]
    [InlineData("/bin/nosuch", 127, "stat /bin/nosuch: no such file or directory")]
    [InlineData("nosuch", 127, "executable file not found in $PATH")]
    [InlineData("/etc/passwd", 126, "permission denied")]
    [InlineData("/etc", 126, "permission denied")]
    public async Task Should_end_as_a_shell_does_when_the_program_cannot_be_run(string program, int code, string cause)
    {
        var result = (await docker.RunAsync("run", "--rm", "--network", "none", BusyboxImage.Name, program)).MustExit(code);

        Assert.Contains($"exec: \"{program}\": {cause}", result.Errors, StringComparison.Ordinal);
        await docker.Runtime.MustBeEmptyAsync();
    }
}

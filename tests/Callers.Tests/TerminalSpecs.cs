namespace KataActors.Callers.Tests;

/// <summary>Terminals as podman, through conmon, and ctr give them to their users.</summary>
public sealed class TerminalSpecs(Podman podman, Containerd containerd) : IClassFixture<Podman>, IClassFixture<Containerd>
{
    [Fact]
    public async Task Should_have_the_users_size_when_podman_runs_a_container()
    {
        // podman sets the size beside its start of the container, not before it.
        using var run = podman.StartAtTerminal(
            "run", "--rm", "-t", "--network", "none", BusyboxImage.Name, "sh", "-c", "until busybox stty size 2> /dev/null; do sleep 0.1; done; busybox tty; exit 3");

        await run.ExpectAsync("40 100\r\n/dev/pts/0\r\n");
        Assert.Equal(3, await run.WaitAsync());
        Assert.True(run.HasFormerSettings);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_have_a_shell_when_podman_runs_one()
    {
        using var run = podman.StartAtTerminal("run", "--rm", "-it", "--network", "none", BusyboxImage.Name, "sh");

        await run.ExpectAsync("# ");
        run.Type("echo $((40 + 1)); cat\r");
        await run.ExpectAsync("\n41\r\n");
        run.Type("word\r");
        await run.ExpectAsync("word\r\nword\r\n");
        run.Type("\u0003");
        await run.ExpectAsync("^C");
        run.Resize(24, 80);
        run.Type("until busybox stty size | grep '24 80'; do sleep 0.1; done; exit 7\r");
        await run.ExpectAsync("\n24 80\r\n");

        Assert.Equal(7, await run.WaitAsync());
        Assert.True(run.HasFormerSettings);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_have_a_terminal_when_podman_adds_a_process()
    {
        var id = (await podman.RunAsync("run", "-dt", "--network", "none", BusyboxImage.Name, "sleep", "1000")).MustExit(0).Output.Trim();
        using (var exec = podman.StartAtTerminal("exec", "-it", "--user", "1234:1234", id, "sh", "-c", "echo E > /dev/stderr; echo F > /proc/self/fd/1; read word; echo got $word; busybox stty size; sleep 1000 & exit 5"))
        {
            await exec.ExpectAsync("E\r\nF\r\n");
            exec.Type("word\r");
            await exec.ExpectAsync("got word\r\n40 100\r\n");
            Assert.Equal(5, await exec.WaitAsync());
            Assert.True(exec.HasFormerSettings);
        }

        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_have_a_shell_when_ctr_runs_one()
    {
        using var run = containerd.StartAtTerminal([.. containerd.Run("--rm", "-t"), "tty1", "sh"]);

        await run.ExpectAsync("# ");
        run.Type("busybox tty; busybox stty size\r");
        await run.ExpectAsync("/dev/pts/0\r");
        await run.ExpectAsync("40 100\r");
        run.Type("exit 7\r");

        Assert.Equal(7, await run.WaitAsync());
        Assert.True(run.HasFormerSettings);
        await containerd.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_have_a_terminal_when_ctr_adds_a_process()
    {
        (await containerd.RunAsync([.. containerd.Run("-d"), "tty2", "/bin/sleep", "1000"])).MustExit(0);
        using (var exec = containerd.StartAtTerminal("tasks", "exec", "-t", "--exec-id", "e1", "tty2", "sh", "-c", "read word; echo got $word; exit 3"))
        {
            exec.Type("word\r");
            await exec.ExpectAsync("got word\r");
            Assert.Equal(3, await exec.WaitAsync());
        }

        await containerd.RemoveAsync("tty2");
        await containerd.Runtime.MustBeEmptyAsync();
    }
}

namespace KataActors.Callers.Tests;

[Collection(DockerCollection.Name)]
public sealed class DockerTerminalSpecs(Docker docker)
{
    // docker sets the size after the start of the process.
    private const string Script = "until busybox stty size 2>/dev/null | grep '40 100'; do sleep 0.1; done; busybox tty; read line; echo got $line; exit 6";

    [Fact]
    public async Task Should_have_the_users_size_when_a_container_runs()
    {
        using var run = docker.StartAtTerminal("run", "--rm", "-it", "--network", "none", BusyboxImage.Name, "sh", "-c", Script);

        await run.ExpectAsync("40 100\r\n/dev/pts/0\r\n");
        run.Type("word\r");
        await run.ExpectAsync("got word\r\n");

        Assert.Equal(6, await run.WaitAsync());
        Assert.True(run.HasFormerSettings);
        await docker.Runtime.MustBeEmptyAsync();
    }

    [Fact]
    public async Task Should_have_a_terminal_when_docker_adds_a_process()
    {
        var id = await docker.StartScriptAsync("exec sleep 1000");
        using (var exec = docker.StartAtTerminal("exec", "-it", id, "sh", "-c", Script))
        {
            await exec.ExpectAsync("40 100\r\n/dev/pts/");
            exec.Type("word\r");
            await exec.ExpectAsync("got word\r\n");

            Assert.Equal(6, await exec.WaitAsync());
            Assert.True(exec.HasFormerSettings);
        }

        await docker.RemoveAsync(id);
    }

    [Fact]
    public async Task Should_log_what_a_detached_container_writes_to_its_terminal()
    {
        var id = await docker.StartScriptAsync("busybox tty; echo problem >&2", "--tty");

        Assert.Equal("0\n", (await docker.RunAsync("wait", id)).MustExit(0).Output);
        Assert.Equal("/dev/pts/0\r\nproblem\r\n", (await docker.RunAsync("logs", id)).MustExit(0).Output);
        await docker.RemoveAsync(id);
    }
}

namespace KataActors.Callers.Tests;

/// <summary>Processes that docker adds to a running container, and what it shows of it.</summary>
[Collection(DockerCollection.Name)]
public sealed class DockerExecSpecs(Docker docker, DockerContainer container) : IClassFixture<DockerContainer>
{
    [Fact]
    public async Task Should_return_output_and_exit_code_of_an_exec()
    {
        var result = (await docker.RunAsync(
            "exec", "--user", "1000:1001", "--workdir", "/tmp", "--env", "A=b", container.Id, "/bin/sh", "-c", "id -u; id -g; pwd; echo $A $B; echo err >&2; exit 4")).MustExit(4);

        Assert.Equal(("1000\n1001\n/tmp\nb c\n", "err\n"), (result.Output, result.Errors));
    }

    [Fact]
    public async Task Should_pass_stdin_on_to_an_exec()
    {
        using var exec = docker.Start("exec", "--interactive", container.Id, "/bin/cat");
        await exec.WriteAsync("one\ntwo\n");

        Assert.Equal("one\ntwo\n", (await exec.FinishAsync()).MustExit(0).Output);
    }

    [Fact]
    public async Task Should_leave_a_detached_exec_running()
    {
        (await docker.RunAsync("exec", "--detach", container.Id, "/bin/sh", "-c", "echo added > /tmp/mark; exec sleep 1000")).MustExit(0);

        await Eventually.TrueAsync(
            () => docker.RunAsync("exec", container.Id, "/bin/cat", "/tmp/mark").GetAwaiter().GetResult().Output == "added\n", () => "the detached process does not run");
    }

    [Theory]
    [InlineData("nosuch", "executable file not found in $PATH")]
    [InlineData("/etc/passwd", "permission denied")]
    public async Task Should_say_why_when_the_program_cannot_be_run(string program, string cause)
    {
        var result = (await docker.RunAsync("exec", container.Id, program)).MustExit(126);

        Assert.Contains($"exec: \"{program}\": {cause}", result.Output + result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_show_the_processes_that_were_started_from_outside()
    {
        var pid = await docker.InspectAsync(container.Id, "{{.State.Pid}}");

        var result = (await docker.RunAsync("top", container.Id, "-o", "pid")).MustExit(0);

        // That of the stand-in: the program's own means nothing to the host's ps, which docker runs.
        Assert.Contains(pid, result.Output.Split('\n').Select(line => line.Trim()));
    }

    [Fact]
    public async Task Should_show_what_is_used()
    {
        var result = (await docker.RunAsync("stats", "--no-stream", "--format", "{{.MemUsage}}|{{.PIDs}}", container.Id)).MustExit(0);

        Assert.Matches(@"^[1-9][0-9.]*[KM]iB / .*\|[1-9]", result.Output);
    }
}

namespace KataActors.Callers.Tests;

/// <summary>Processes that podman adds to a running container, without a terminal.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanExecSpecs(Podman podman)
{
    [Fact]
    public async Task Should_return_output_and_exit_code_of_an_exec()
    {
        var id = await RunAsync();

        var result = (await podman.RunAsync("exec", "--user", "1000", "--workdir", "/tmp", "--env", "A=b", id, "/bin/sh", "-c", "id -u; pwd; echo $A; exit 3")).MustExit(3);

        Assert.Equal("1000\n/tmp\nb\n", result.Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_pass_stdin_on_to_an_exec()
    {
        var id = await RunAsync();
        using var exec = podman.Start("exec", "-i", id, "/bin/cat");
        await exec.WriteAsync("one\ntwo\n");

        Assert.Equal("one\ntwo\n", (await exec.FinishAsync()).MustExit(0).Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_leave_a_detached_exec_running_until_its_container_ends()
    {
        var id = await RunAsync();

        (await podman.RunAsync("exec", "-d", id, "/bin/sh", "-c", "echo added > /tmp/mark; exec sleep 1000")).MustExit(0);

        await Eventually.TrueAsync(
            () => podman.RunAsync("exec", id, "/bin/cat", "/tmp/mark").GetAwaiter().GetResult().Output == "added\n", () => "the detached process does not run");
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_give_the_exit_code_of_a_shell_when_the_program_does_not_exist()
    {
        var id = await RunAsync();

        var result = await podman.RunAsync("exec", id, "nosuch");

        Assert.Equal(127, result.ExitCode);
        await RemoveAsync(id);
    }

    private async Task<string> RunAsync() =>
        (await podman.RunAsync("run", "-d", "--network", "none", BusyboxImage.Name, "/bin/sh", "-c", "mkdir -p /tmp; chmod 1777 /tmp; exec sleep 1000")).MustExit(0).Output.Trim();

    private async Task RemoveAsync(string id)
    {
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }
}

namespace KataActors.Callers.Tests;

/// <summary>Containers that podman pauses.</summary>
[Collection(PodmanCollection.Name)]
public sealed class PodmanPauseSpecs(Podman podman)
{
    [Fact]
    public async Task Should_pause_and_unpause()
    {
        var id = await RunAsync();

        (await podman.RunAsync("pause", id)).MustExit(0);
        Assert.Equal("paused\n", await StatusAsync(id));
        Assert.NotEqual(0, (await podman.RunAsync("exec", id, "/bin/true")).ExitCode);
        (await podman.RunAsync("unpause", id)).MustExit(0);

        Assert.Equal("running\n", await StatusAsync(id));
        Assert.Equal("up\n", (await podman.RunAsync("exec", id, "/bin/echo", "up")).MustExit(0).Output);
        await RemoveAsync(id);
    }

    [Fact]
    public async Task Should_kill_and_remove_a_paused_container()
    {
        var killed = await RunAsync();
        (await podman.RunAsync("pause", killed)).MustExit(0);
        (await podman.RunAsync("rm", "--force", "--time", "0", killed)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }

    private async Task<string> RunAsync() =>
        (await podman.RunAsync("run", "-d", "--network", "none", BusyboxImage.Name, "/bin/sleep", "1000")).MustExit(0).Output.Trim();

    private async Task<string> StatusAsync(string id) => (await podman.RunAsync("inspect", "--format", "{{.State.Status}}", id)).MustExit(0).Output;

    private async Task RemoveAsync(string id)
    {
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }
}

namespace KataActors.Callers.Tests;

/// <summary>
/// Containers whose conmon was killed. podman then stops them, but the part of <c>podman rm</c> that deletes them at the runtime was conmon's: podman 4.3
/// forgets such a container without a <c>delete</c>, with any runtime.
/// </summary>
public sealed class PodmanConmonDeathSpecs(Podman podman) : IClassFixture<Podman>
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_run_on_without_conmon_and_leave_nothing_after_a_delete(bool hasTerminal)
    {
        string[] terminal = hasTerminal ? ["--tty"] : [];
        var id = (await podman.RunAsync(["run", "-d", .. terminal, "--network", "none", BusyboxImage.Name, "/bin/sleep", "1000"])).MustExit(0).Output.Trim();
        var conmon = (await podman.RunAsync("inspect", "--format", "{{.State.ConmonPid}}", id)).MustExit(0).Output.Trim();
        using var kill = RunningProgram.Start(new Dictionary<string, string>(), "/bin/kill", "-KILL", conmon);
        (await kill.FinishAsync()).MustExit(0);

        Assert.Equal("up\n", (await podman.Runtime.RunAsync("exec", id, "/bin/echo", "up")).MustExit(0).Output);
        (await podman.RunAsync("rm", "--force", "--time", "0", id)).MustExit(0);
        Assert.Contains("\"status\": \"stopped\"", (await podman.Runtime.RunAsync("state", id)).MustExit(0).Output, StringComparison.Ordinal);

        (await podman.Runtime.RunAsync("delete", id)).MustExit(0);
        await podman.Runtime.MustBeEmptyAsync();
    }
}

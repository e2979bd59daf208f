namespace KataActors.EndToEnd.Tests;

/// <summary>The verbs <c>pause</c> and <c>resume</c>, and what a paused container can and cannot do.</summary>
public sealed class PauseSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Count = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_stop_the_output_until_the_container_is_resumed()
    {
        var (id, run) = await RunAsync(Count);
        await run.OutputAsync("line 3\n");

        await _daemon.SucceedAsync("pause", id);
        Assert.Equal("paused", await _daemon.StatusAsync(id));
        Assert.Equal("paused", (string)(await _daemon.InspectAsync(id))["status"]!);
        var silent = await SilentAsync(run);
        await FailsAsync($"cannot pause container \"{id}\": container not running: it is paused", "pause", id);

        await _daemon.SucceedAsync("resume", id);
        Assert.Equal("running", await _daemon.StatusAsync(id));
        await run.OutputAsync($"line {silent + 3}\n");
        await FailsAsync($"cannot resume container \"{id}\": container not paused: it is running", "resume", id);
        await EndAsync(id);
    }

    [Fact]
    public async Task Should_kill_and_delete_a_paused_container_and_refuse_a_process()
    {
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", _daemon.Bundle("sleep", "1000").Path, id);
        await _daemon.SucceedAsync("pause", id);

        var exec = await _daemon.RunAsync("exec", id, "true");
        Assert.Equal((255, "kata-actors: exec failed: cannot exec in a paused container (use --ignore-paused to override)\n"), (exec.ExitCode, exec.Errors));
        await _daemon.SucceedAsync("update", "--pids-limit", "50", id);
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        await FailsAsync("container not running: it is stopped", "pause", id);
        await FailsAsync("container not paused: it is stopped", "resume", id);
        await _daemon.SucceedAsync("kill", "-a", id, "KILL");
        await _daemon.SucceedAsync("kill", "-a", id, "0");
        await _daemon.SucceedAsync("delete", "--force", id);
        await FailsAsync($"container \"{id}\" does not exist", "pause", id);
    }

    [Fact]
    public async Task Should_delete_a_paused_container_by_force()
    {
        var (id, run) = await RunAsync("exec sleep 1000");
        await _daemon.SucceedAsync("pause", id);

        await _daemon.SucceedAsync("delete", "--force", id);

        Assert.Equal(137, (await run.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_let_a_process_wait_for_the_end_of_the_pause()
    {
        var (id, _) = await RunAsync("exec sleep 1000");
        await _daemon.SucceedAsync("pause", id);
        var exec = _daemon.Start("exec", "--ignore-paused", id, "echo", "added");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        await _daemon.SucceedAsync("resume", id);

        Assert.Equal("added\n", (await exec.FinishAsync()).MustSucceed().Output);
        await EndAsync(id);
    }

    [Fact]
    public async Task Should_deliver_a_signal_at_the_end_of_the_pause()
    {
        var (id, run) = await RunAsync("trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done");
        await run.OutputAsync("up\n");
        await _daemon.SucceedAsync("pause", id);
        await _daemon.SucceedAsync("kill", id, "TERM");
        Assert.Equal("paused", await _daemon.StatusAsync(id));

        await _daemon.SucceedAsync("resume", id);

        Assert.Equal(5, (await run.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_stay_paused_when_the_daemon_is_killed_and_be_resumed_by_its_successor()
    {
        var (id, run) = await RunAsync(Count);
        await run.OutputAsync("line 3\n");
        await _daemon.SucceedAsync("pause", id);

        _daemon.Kill();

        Assert.Equal("paused", await _daemon.StatusAsync(id));
        var silent = await SilentAsync(run);
        await _daemon.SucceedAsync("resume", id);
        await run.OutputAsync($"line {silent + 3}\n");
        await EndAsync(id);
    }

    [Fact]
    public async Task Should_pause_a_container_before_its_start()
    {
        var id = _daemon.NewId();
        var create = _daemon.Start("create", "--bundle", _daemon.ShellBundle("exit 0").Path, id);
        (await create.FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("pause", id);
        await FailsAsync("it is paused, not created", "start", id);
        await _daemon.SucceedAsync("resume", id);
        Assert.Equal("created", await _daemon.StatusAsync(id));
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    // The number of lines when a second has passed without another one.
    private static async Task<int> SilentAsync(RunningCommand run)
    {
        for (var before = -1; ; await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken))
        {
            var lines = run.Output.Count(character => character == '\n');
            if (lines == before)
            {
                return lines;
            }

            before = lines;
        }
    }

    private async Task<(string Id, RunningCommand Run)> RunAsync(string script)
    {
        var id = _daemon.NewId();
        var run = _daemon.Start("run", "--bundle", _daemon.ShellBundle(script).Path, id);
        await Eventually.TrueAsync(async () => (await _daemon.RunAsync("state", id)) is { ExitCode: 0 } state && state.Output.Contains("running", StringComparison.Ordinal), () => "it does not run");
        return (id, run);
    }

    private Task EndAsync(string id) => _daemon.SucceedAsync("delete", "--force", id);

    private async Task FailsAsync(string message, params string[] arguments)
    {
        var result = await _daemon.RunAsync(arguments);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
    }
}

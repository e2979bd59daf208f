namespace KataActors.EndToEnd.Tests;

/// <summary>kill -9 of the daemon while a container runs: the stand-in brings it back.</summary>
public sealed class DaemonDeathSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int Deaths = 3;

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_lose_and_repeat_no_line_when_it_dies_while_the_container_writes()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle("i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 9");
        var id = _daemon.NewId();
        var run = _daemon.Start("run", "--bundle", bundle.Path, id);
        await run.OutputAsync("line 5\n");
        var vmm = (int)(await _daemon.InspectAsync(id))["vmmPid"]!;

        for (var death = 1; death <= Deaths; death++)
        {
            var lines = Lines(run.Output);
            await KillAndAwaitReturnAsync();
            Assert.Equal(vmm, (int)(await _daemon.InspectAsync(id))["vmmPid"]!);
            await run.OutputAsync($"line {lines + 20}\n");
        }

        var result = await run.FinishAsync();
        Assert.Equal(9, result.ExitCode);
        Assert.Equal(string.Concat(Enumerable.Range(1, 300).Select(number => $"line {number}\n")), result.Output);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_lose_and_repeat_no_line_when_it_dies_while_the_container_reads()
    {
        var bundle = _daemon.Bundle("cat");
        var id = _daemon.NewId();
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var run = _daemon.Start(read, null, "run", "--bundle", bundle.Path, id);
        var expected = "";
        for (var line = 1; line <= 30; line++)
        {
            BlockingStreams.Write(write, System.Text.Encoding.ASCII.GetBytes($"line {line}\n"));
            expected += $"line {line}\n";
            if (line % 10 == 5)
            {
                await run.OutputAsync("line 1\n");
                await KillAndAwaitReturnAsync();
            }
        }

        await run.OutputAsync(expected);
        write.Dispose();

        var result = await run.FinishAsync();
        Assert.Equal((0, expected), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Should_deliver_the_exit_code_when_the_container_ended_while_it_was_dead()
    {
        var bundle = _daemon.ShellBundle("echo ready; read line; exit 6");
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var run = _daemon.Start(read, null, "run", "--bundle", bundle.Path, _daemon.NewId());
        await run.OutputAsync("ready\n");

        _daemon.Kill();
        write.Dispose();

        Assert.Equal(6, (await run.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_delete_a_container_that_it_adopted()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        await KillAndAwaitReturnAsync();

        Assert.Equal("running", await _daemon.StatusAsync(id));
        await _daemon.SucceedAsync("delete", "--force", id);

        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    private async Task KillAndAwaitReturnAsync()
    {
        var dead = _daemon.Pid;
        _daemon.Kill();
        await Eventually.TrueAsync(
            async () => _daemon.Pid is not 0 and var pid && pid != dead && await _daemon.AnswersAsync(), () => "the daemon does not come back");
    }

    private static int Lines(string text) => text.Count(character => character == '\n');
}

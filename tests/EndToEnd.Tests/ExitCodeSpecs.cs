namespace KataActors.EndToEnd.Tests;

/// <summary>The exit code of the caller's child.</summary>
public sealed class ExitCodeSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    // As an init does: the process that TERM ends is not the pid namespace's first, which the kernel shields from it.
    private const string SmallInit = "sleep 1000 & child=$!; trap 'kill $child' TERM; echo ready; wait $child; wait $child; exit $?";

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 3", 3)]
    public async Task Should_be_the_process_s_own_when_it_exits(string script, int expected)
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle(script);

        var run = await _daemon.RunAsync("run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal((expected, "", ""), (run.ExitCode, run.Output, run.Errors));
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("SIGTERM", 143)]
    [InlineData("15", 143)]
    public async Task Should_be_128_and_the_signal_when_it_is_killed(string signal, int expected)
    {
        var bundle = _daemon.ShellBundle(SmallInit);
        var id = _daemon.NewId();
        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        (await create.FinishAsync()).MustSucceed();
        using var standIn = ReapedProcess.FromPidFile(bundle.PidFile);
        await _daemon.SucceedAsync("start", id);
        await create.OutputAsync("ready");

        await _daemon.SucceedAsync("kill", id, signal);

        Assert.Equal(expected, await standIn.ExitCodeAsync());
        await _daemon.SucceedAsync("delete", id);
    }

    [Fact]
    public async Task Should_be_143_when_the_caller_signals_run_itself()
    {
        var bundle = _daemon.ShellBundle(SmallInit);
        var run = _daemon.Start("run", "--bundle", bundle.Path, _daemon.NewId());
        await run.OutputAsync("ready");

        run.Signal(Signals.SIGTERM);

        Assert.Equal(143, (await run.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_not_end_a_first_process_by_a_signal_that_it_has_no_handler_for()
    {
        var bundle = _daemon.ShellBundle("echo ready; read line; exit 5");
        var id = _daemon.NewId();
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var run = _daemon.Start(read, null, "run", "--bundle", bundle.Path, id);
        await run.OutputAsync("ready");

        await _daemon.SucceedAsync("kill", id, "TERM");
        write.Dispose();

        Assert.Equal(5, (await run.FinishAsync()).ExitCode);
    }
}

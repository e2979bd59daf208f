namespace KataActors.EndToEnd.Tests;

/// <summary>A daemon that returns with too few descriptors does not take for dead the processes that it cannot examine.</summary>
public sealed class DescriptorShortageSpecs : IAsyncLifetime
{
    private const int Count = 10;
    private const int TooFewToStart = 48;

    // Enough to start, and not enough for all the sandboxes.
    private const int TooFewForAll = 256;

    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_lose_no_sandbox_when_it_returns_with_too_few_descriptors()
    {
        var bundle = Daemon.ShellBundle("i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done");
        var ids = Enumerable.Range(0, Count).Select(_ => Daemon.NewId()).ToArray();
        foreach (var id in ids)
        {
            await _factory.RunAsync(id, bundle);
        }

        var vmms = await VmmsAsync();
        Assert.Equal(Count, vmms.Distinct().Count());

        using (FileLock.TryAcquire(Path.Combine(Daemon.RunDirectory, "daemon.lock")))
        {
            // No stand-in can start one meanwhile.
            Daemon.Kill();
            Assert.Equal(1, (await StartWith(TooFewToStart).FinishAsync()).ExitCode);

            var logged = Daemon.Log.Length;
            var lacking = StartWith(TooFewForAll);
            // It may be that it lacks the one for its own socket, too, and says so as it ends.
            await Eventually.TrueAsync(
                () => (Daemon.Log[logged..] + lacking.Errors).Contains("too many open files", StringComparison.OrdinalIgnoreCase),
                () => $"it has all it needs: {lacking.Errors} {Daemon.Log[logged..]}");
            lacking.Signal(Signals.SIGKILL);
            await lacking.FinishAsync();
        }

        await Eventually.TrueAsync(Daemon.AnswersAsync, () => "the daemon does not come back");
        foreach (var id in ids)
        {
            await Eventually.TrueAsync(
                async () => (string)(await Daemon.InspectAsync(id))["guestKernel"]! is { Length: > 0 }, () => $"sandbox \"{id}\" was not taken over: {Daemon.Log}");
            Assert.Equal("running", await Daemon.StatusAsync(id));
        }

        Assert.Equal(vmms, await VmmsAsync());
    }

    // Without the right to raise that.
    private RunningCommand StartWith(int descriptors) => Daemon.StartProgram(
        null,
        null,
        [
            "/usr/bin/prlimit", $"--nofile={descriptors}:{descriptors}", "/usr/bin/setpriv", "--inh-caps=-sys_resource", "--bounding-set=-sys_resource",
            Installation.Daemon, "--address", Daemon.Address,
        ]);

    private async Task<int[]> VmmsAsync() =>
        [.. (await Daemon.JsonAsync("sandbox", "list", "--format", "json")).AsArray().Select(sandbox => (int)sandbox!["vmmPid"]!).Order()];
}

using System.Diagnostics;

namespace KataActors.EndToEnd.Tests;

/// <summary>kill -9 of the daemon at a random moment of each command: every one ends as it would have without that, and nothing is left.</summary>
public sealed class DaemonDeathBesideCommandsSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int Seeds = 10;

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    public static TheoryData<int> SomeSeeds => [.. Enumerable.Range(1, Seeds)];

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public async Task Should_create_start_kill_and_delete(int seed)
    {
        var random = new Random(seed);
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();

        (await BesideAsync(random, Longest.Create, "create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id)).MustSucceed();
        var state = await _daemon.JsonAsync("state", id);
        Assert.Equal(("created", await File.ReadAllTextAsync(bundle.PidFile)), ((string)state["status"]!, state["pid"]!.ToString()));

        (await BesideAsync(random, Longest.Change, "start", id)).MustSucceed();
        Assert.Equal("running", await _daemon.StatusAsync(id));

        (await BesideAsync(random, Longest.Change, "update", "--pids-limit", "50", id)).MustSucceed();

        (await BesideAsync(random, Longest.Change, "kill", id, "KILL")).MustSucceed();
        await _daemon.StatusAsync(id, "stopped");

        (await BesideAsync(random, Longest.Delete, random.Next(2) == 0 ? ["delete", id] : ["delete", "--force", id])).MustSucceed();
        Assert.Equal("", (await _daemon.RunAsync("list", "--quiet")).MustSucceed().Output);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public async Task Should_run(int seed)
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle("echo hello; exit 5");

        var result = await BesideAsync(new Random(seed), Longest.Run, "run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal((5, "hello\n", ""), (result.ExitCode, result.Output, result.Errors));
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Theory]
    [MemberData(nameof(SomeSeeds))]
    public async Task Should_say_why_a_container_cannot_be_started(int seed)
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        // Below a mount, so that only the guest can look for it.
        var bundle = _daemon.Bundle("/dev/shm/no-such-program");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);

        (await BesideAsync(new Random(seed), Longest.Change, "start", id)).MustFail(1, $"cannot start container \"{id}\": ", "/dev/shm/no-such-program", "no such file");

        await _daemon.SucceedAsync("delete", "--force", id);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    // The command may have ended before; then the next one finds no daemon, and starts it.
    private async Task<CommandResult> BesideAsync(Random random, TimeSpan longest, params string[] arguments)
    {
        await _daemon.SucceedAsync("list", "--quiet");
        var moment = longest * random.NextDouble();
        var start = Stopwatch.GetTimestamp();
        var command = _daemon.Start(arguments);
        while (Stopwatch.GetElapsedTime(start) < moment)
        {
            await Task.Delay(1);
        }

        if (_daemon.Pid != 0)
        {
            _daemon.Kill();
        }

        return await command.FinishAsync();
    }

    /// <summary>About as long as each takes here: within that time the daemon dies.</summary>
    private static class Longest
    {
        public static readonly TimeSpan Create = TimeSpan.FromSeconds(1.5);
        public static readonly TimeSpan Change = TimeSpan.FromMilliseconds(100);
        public static readonly TimeSpan Delete = TimeSpan.FromMilliseconds(500);
        public static readonly TimeSpan Run = TimeSpan.FromSeconds(2.5);
    }
}

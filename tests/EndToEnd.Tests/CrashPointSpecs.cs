namespace KataActors.EndToEnd.Tests;

/// <summary>
/// The daemon crashes at one point after the other of the life of a container: of one that its commands lead from create to delete, and of one that <c>run</c> sees
/// end by itself.
/// </summary>
public sealed class CrashPointSpecs
{
    private const int Sampled = 5;

    // The lives have 77 and 39 points.
    private const int LivePoints = 85;
    private const int RunPoints = 60;

    [Fact]
    public Task Should_end_every_command_well_and_leave_nothing_wherever_the_daemon_crashes() =>
        CrashSweep.RunAsync(LivePoints, Sampled, point => CrashAsync(point, LiveAsync));

    [Fact]
    public Task Should_run_a_process_that_ends_at_once_wherever_the_daemon_crashes() =>
        CrashSweep.RunAsync(RunPoints, Sampled, point => CrashAsync(point, RunAsync));

    // Whether the daemon has crashed.
    private static async Task<bool> CrashAsync(int point, Func<DaemonUnderTest, Task> live)
    {
        await using var daemon = await DaemonUnderTest.StartAsync(CrashSweep.At(point));
        var before = await HostSnapshot.TakeAsync(daemon);
        await live(daemon);
        await before.MustBeRestoredAsync();
        return daemon.HasCrashed;
    }

    private static async Task LiveAsync(DaemonUnderTest daemon)
    {
        var bundle = daemon.Bundle("sleep", "1000").WithCpu(50000, 100000);
        var id = daemon.NewId();

        await daemon.SucceedAsync("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        await daemon.SucceedAsync("start", id);
        var exec = await daemon.RunAsync("exec", id, "sh", "-c", "echo added; exit 3");
        Assert.Equal((3, "added\n", ""), (exec.ExitCode, exec.Output, exec.Errors));
        await daemon.SucceedAsync("pause", id);
        Assert.Equal("paused", await daemon.StatusAsync(id));
        await daemon.SucceedAsync("resume", id);
        await daemon.SucceedAsync("update", "--cpu-quota", "20000", id);
        Assert.Equal("running", await daemon.StatusAsync(id));
        await daemon.SucceedAsync("kill", id, "KILL");
        await daemon.StatusAsync(id, "stopped");
        await daemon.SucceedAsync("delete", id);
        Directory.Delete(bundle.Path, recursive: true);
    }

    private static async Task RunAsync(DaemonUnderTest daemon)
    {
        var bundle = daemon.ShellBundle("echo hello; exit 5");

        var result = await daemon.RunAsync("run", "--bundle", bundle.Path, daemon.NewId());

        Assert.Equal((5, "hello\n", ""), (result.ExitCode, result.Output, result.Errors));
        Directory.Delete(bundle.Path, recursive: true);
    }
}

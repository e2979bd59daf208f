using System.Diagnostics;

namespace KataActors.EndToEnd.Tests;

/// <summary>kill -9 of QEMU while a container runs.</summary>
public sealed class VmmDeathSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const string Reason = "QEMU was killed by signal 9";

    // The target is one second; a busy machine gets more.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_end_the_stand_in_with_137_at_once_and_say_why()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = _daemon.ShellBundle("echo ready; sleep 1000");
        var id = _daemon.NewId();
        var create = _daemon.Start("create", "--bundle", bundle.Path, "--pid-file", bundle.PidFile, id);
        (await create.FinishAsync()).MustSucceed();
        using var standIn = ReapedProcess.FromPidFile(bundle.PidFile);
        await _daemon.SucceedAsync("start", id);
        await create.OutputAsync("ready");

        KillVmm((int)(await _daemon.InspectAsync(id))["vmmPid"]!);
        var since = Stopwatch.GetTimestamp();
        Assert.Equal(137, await standIn.ExitCodeAsync());
        var took = Stopwatch.GetElapsedTime(since);

        TestContext.Current.SendDiagnosticMessage($"the stand-in ended {took.TotalMilliseconds:F0} ms after its VMM");
        Assert.True(took < s_limit, $"{took}");
        Assert.Equal("stopped", await _daemon.StatusAsync(id));
        var sandbox = await _daemon.InspectAsync(id);
        Assert.Equal("stopped", (string)sandbox["status"]!);
        Assert.Equal(Reason, (string)sandbox["reason"]!);
        Assert.Equal(Reason, (string)sandbox["containers"]![0]!["reason"]!);

        await _daemon.SucceedAsync("delete", id);
        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_fail_the_start_of_a_container_whose_vmm_is_dead()
    {
        var bundle = _daemon.Bundle("true");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);

        KillVmm((int)(await _daemon.InspectAsync(id))["vmmPid"]!);
        await _daemon.StatusAsync(id, "stopped");
        var start = await _daemon.RunAsync("start", id);

        start.MustFail(1, $"\"{id}\"", "stopped");
        await _daemon.SucceedAsync("delete", id);
    }

    private static void KillVmm(int pid)
    {
        using var vmm = Pidfd.TryOpen(ProcessIdentity.TryRead(pid)!.Value)!;
        vmm.Signal(Signals.SIGKILL);
    }
}

using System.Diagnostics;

namespace KataActors.EndToEnd.Tests;

/// <summary>A hung guest, simulated by stopping its QEMU process.</summary>
public sealed class HungGuestSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_kill_a_container_all_the_same()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var (id, bundle) = await RunHungAsync();

        await MeasureAsync("kill", id, "KILL");

        await _daemon.StatusAsync(id, "stopped");
        Assert.Contains("SIGKILL", (string)(await _daemon.InspectAsync(id))["reason"]!, StringComparison.Ordinal);
        await _daemon.SucceedAsync("delete", id);
        Directory.Delete(bundle, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_delete_a_container_with_force_all_the_same()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var (id, bundle) = await RunHungAsync();

        await MeasureAsync("delete", "--force", id);

        Assert.Equal(1, (await _daemon.RunAsync("state", id)).ExitCode);
        Directory.Delete(bundle, recursive: true);
        await before.MustBeRestoredAsync();
    }

    // The target is 10 s; a timing decides nothing here.
    private async Task MeasureAsync(params string[] command)
    {
        var since = Stopwatch.GetTimestamp();
        await _daemon.SucceedAsync(command);
        TestContext.Current.SendDiagnosticMessage($"{string.Join(' ', command)} of a guest that hangs took {Stopwatch.GetElapsedTime(since).TotalSeconds:F1} s");
    }

    private async Task<(string Id, string Bundle)> RunHungAsync()
    {
        var bundle = _daemon.Bundle("sleep", "1000");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, id);
        using var vmm = Pidfd.TryOpen(ProcessIdentity.TryRead((int)(await _daemon.InspectAsync(id))["vmmPid"]!)!.Value)!;
        vmm.Signal(Signals.SIGSTOP);
        return (id, bundle.Path);
    }
}

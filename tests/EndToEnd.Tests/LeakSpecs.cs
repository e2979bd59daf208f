namespace KataActors.EndToEnd.Tests;

/// <summary>The resources of the daemon itself.</summary>
public sealed class LeakSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int Cycles = 10;

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_hold_as_many_descriptors_after_ten_containers_as_before()
    {
        var bundle = _daemon.Bundle("true");
        await CycleAsync(bundle);
        var before = OpenDescriptors();
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await CycleAsync(bundle);
        }

        IReadOnlyList<string> after = [];
        await Eventually.TrueAsync(
            () => (after = OpenDescriptors()).Count <= before.Count,
            () => $"{before.Count} descriptors became {after.Count}: {string.Join(", ", after)}",
            TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Should_hold_as_many_descriptors_after_refused_creates_as_before()
    {
        var bundle = _daemon.Bundle("true");
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        Assert.Equal(1, (await _daemon.RunAsync("create", "--bundle", bundle.Path, id)).ExitCode);
        var before = OpenDescriptors();
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            Assert.Equal(1, (await _daemon.RunAsync("create", "--bundle", bundle.Path, id)).ExitCode);
        }

        await Eventually.TrueAsync(() => OpenDescriptors().Count <= before.Count, () => string.Join(", ", OpenDescriptors()), TimeSpan.FromSeconds(10));
        await _daemon.SucceedAsync("delete", "--force", id);
    }

    private async Task CycleAsync(TestBundle bundle) => await _daemon.SucceedAsync("run", "--bundle", bundle.Path, _daemon.NewId());

    // The runtime opens a file of code when it first needs it, and keeps it: no container's doing.
    private IReadOnlyList<string> OpenDescriptors() =>
    [
        .. Directory.GetFileSystemEntries($"/proc/{_daemon.Pid}/fd")
            .Select(entry => new FileInfo(entry).LinkTarget ?? "gone")
            .Where(target => Path.GetExtension(target) is not (".dll" or ".pdb"))
            .Order(StringComparer.Ordinal),
    ];
}

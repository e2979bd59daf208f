namespace KataActors.EndToEnd.Tests;

/// <summary>
/// The daemon crashes at one point after the other of the factory's work: while it makes and removes a template, and while a VM boots for the pool
/// and becomes that of a sandbox.
/// </summary>
public sealed class FactoryCrashPointSpecs
{
    private const int Sampled = 4;
    private const int PointsOfTemplate = 28;
    private const int PointsOfPool = 110;

    [Fact]
    public Task Should_make_and_remove_the_template_wherever_the_daemon_crashes() =>
        CrashSweep.RunAsync(PointsOfTemplate, Sampled, point => CrashAsync(point, pool: 0, MakeTemplateAsync));

    [Fact]
    public Task Should_give_a_sandbox_its_vm_and_leave_none_of_the_pool_wherever_the_daemon_crashes() =>
        CrashSweep.RunAsync(PointsOfPool, Sampled, point => CrashAsync(point, pool: 1, HandOverAsync));

    // Whether the daemon has crashed.
    private static async Task<bool> CrashAsync(int point, int pool, Func<FactoryUnderTest, Task> live)
    {
        var groups = PoolGroups();
        await using var factory = await FactoryUnderTest.StartAsync(pool, template: pool == 0, CrashSweep.At(point));
        var before = HostSnapshot.WithoutSandboxes(factory.Daemon);

        await live(factory);
        await factory.Daemon.SucceedAsync("factory", "destroy");

        await before.MustBeRestoredAsync();
        await Eventually.TrueAsync(() => !Left().Any(), () => string.Join(", ", Left()));
        return factory.Daemon.HasCrashed;

        IEnumerable<string> Left() => PoolGroups().Except(groups)
            .Concat(Directory.EnumerateFileSystemEntries(factory.Folder))
            .Concat(Directory.EnumerateFileSystemEntries(Path.Combine(factory.Daemon.RunDirectory, "factory")));
    }

    private static string[] PoolGroups() => [.. Directory.GetDirectories("/sys/fs/cgroup").SelectMany(hierarchy => Directory.GetDirectories(hierarchy, "kata-pool-*"))];

    private static async Task MakeTemplateAsync(FactoryUnderTest factory)
    {
        await factory.Daemon.SucceedAsync("factory", "init");
        Assert.Equal("ready", await factory.TemplateStateAsync());
    }

    private static async Task HandOverAsync(FactoryUnderTest factory)
    {
        var daemon = factory.Daemon;
        await factory.ReadyAsync(1);
        var (bundle, id) = (daemon.Bundle("sleep", "1000"), daemon.NewId());

        await daemon.SucceedAsync("create", "--bundle", bundle.Path, id);
        await daemon.SucceedAsync("start", id);
        Assert.Equal("running", await daemon.StatusAsync(id));
        if (!daemon.HasCrashed)
        {
            Assert.Equal("pool", await factory.SourceAsync(id));
        }

        await daemon.SucceedAsync("delete", "--force", id);
        await factory.ReadyAsync(1);
        Directory.Delete(bundle.Path, recursive: true);
    }
}

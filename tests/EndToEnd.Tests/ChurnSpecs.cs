namespace KataActors.EndToEnd.Tests;

/// <summary>Many sandboxes that come and go at once, while QEMUs are killed.</summary>
public sealed class ChurnSpecs : IAsyncLifetime
{
    private const int Cycles = 200;
    private const int AtOnce = 4;
    private const int Limited = 5;

    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync();

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_leave_nothing_and_fail_no_command_in_200_cycles_in_parallel_with_killed_vmms()
    {
        await Daemon.SucceedAsync("factory", "init");
        var (bundle, limited) = (Daemon.Bundle("sleep", "1000"), Daemon.Bundle("sleep", "1000").WithCpu(90000, 100000));
        var before = await HostSnapshot.TakeAsync(Daemon);
        var groups = 0;

        await Parallel.ForAsync(0, Cycles, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (cycle, _) =>
        {
            var id = Daemon.NewId();
            await Daemon.SucceedAsync("run", "--detach", "--bundle", (cycle % Limited == 0 ? limited : bundle).Path, id);
            Interlocked.Add(ref groups, Groups(id).Count());
            if (cycle % 3 != 0)
            {
                await Daemon.SucceedAsync("delete", "--force", id);
                return;
            }

            var vmm = (int)(await Daemon.InspectAsync(id))["vmmPid"]!;
            if (cycle % 2 == 0)
            {
                FactoryUnderTest.Kill(vmm);
                await Daemon.SucceedAsync("delete", "--force", id);
            }
            else
            {
                var delete = Daemon.Start("delete", "--force", id);
                FactoryUnderTest.Kill(vmm);
                (await delete.FinishAsync()).MustSucceed();
            }
        });

        Assert.Equal(Cycles * Hierarchies().Count(), groups);
        Assert.Empty(Daemon.Cgroups());
        Assert.Empty(_factory.Vmms());
        await before.MustBeRestoredAsync();
    }

    private static IEnumerable<string> Groups(string id) => Hierarchies().Select(parent => Path.Combine(parent, id)).Where(Directory.Exists);

    private static IEnumerable<string> Hierarchies() => Directory.GetDirectories("/sys/fs/cgroup").Select(hierarchy => Path.Combine(hierarchy, "kata")).Where(Directory.Exists);
}

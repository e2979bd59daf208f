namespace KataActors.EndToEnd.Tests;

/// <summary>A pool without a template: its VMs have booted cold.</summary>
public sealed class ColdPoolSpecs : IAsyncLifetime
{
    private FactoryUnderTest _factory = null!;

    private DaemonUnderTest Daemon => _factory.Daemon;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync(pool: 1, template: false);

    public ValueTask DisposeAsync() => _factory?.DisposeAsync() ?? default;

    [Fact]
    public async Task Should_hand_over_a_vm_that_has_booted_cold_and_leave_nothing_of_it()
    {
        await _factory.ReadyAsync(1);
        Assert.Equal("off", await _factory.TemplateStateAsync());
        var waiting = _factory.Vmms().Single();
        var id = Daemon.NewId();

        var create = await _factory.RunAsync(id, Daemon.ShellBundle("echo hello; exec sleep 1000"));

        await create.OutputAsync("hello");
        var sandbox = await Daemon.InspectAsync(id);
        Assert.Equal(("pool", waiting), ((string)sandbox["vmSource"]!, (int)sandbox["vmmPid"]!));
        await _factory.ReadyAsync(1);
        var counts = (await _factory.StatusAsync())["counts"]!;
        Assert.Equal((1, 0, 0), ((int)counts["poolHits"]!, (int)counts["templateHits"]!, (int)counts["fallbacks"]!));
        await Daemon.SucceedAsync("delete", "--force", id);
        Assert.DoesNotContain(waiting, _factory.Vmms());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_factory.Folder));
    }

    [Fact]
    public async Task Should_give_two_sandboxes_different_machines()
    {
        List<(string Machine, string Random)> guests = [];
        for (var sandbox = 0; sandbox < 2; sandbox++)
        {
            await _factory.ReadyAsync(1);
            var id = Daemon.NewId();
            var create = await _factory.RunAsync(id, Daemon.ShellBundle("head -c 16 /dev/urandom | busybox od -An -tx1; exec sleep 1000"));
            await create.OutputAsync("\n");
            guests.Add(((string)(await Daemon.InspectAsync(id))["guestMachineId"]!, create.Output));
        }

        Assert.NotEqual(guests[0].Machine, guests[1].Machine);
        Assert.NotEqual(guests[0].Random, guests[1].Random);
    }

    [Fact]
    public async Task Should_end_the_pool_before_it_says_that_the_factory_is_destroyed()
    {
        await _factory.ReadyAsync(1);

        Assert.Equal("there is no template\n", (await Daemon.RunAsync("factory", "destroy")).MustSucceed().Output);

        Assert.Empty(_factory.Vmms());
        Assert.Empty(_factory.PoolGroups());
        Assert.Empty(Directory.GetDirectories(Path.Combine(Daemon.RunDirectory, "factory")));
    }
}

namespace KataActors.EndToEnd.Tests;

/// <summary>Networks of VMs that were started before their sandbox: QEMU is in another network namespace.</summary>
public sealed class NetworkFactorySpecs : IAsyncLifetime
{
    private readonly TestNetwork _network = new();
    private FactoryUnderTest _factory = null!;

    public async ValueTask InitializeAsync() => _factory = await FactoryUnderTest.StartAsync(1);

    public async ValueTask DisposeAsync()
    {
        if (_factory is not null)
        {
            await _factory.DisposeAsync();
        }

        _network.Dispose();
    }

    [Fact]
    public async Task Should_give_a_vm_of_the_pool_the_interfaces_of_its_sandbox()
    {
        await _factory.ReadyAsync(1);
        var place = _network.Join(2);
        var before = _network.Look();
        var id = _factory.Daemon.NewId();
        var bundle = NetworkBundles.Inside(_factory.Daemon, place, NetworkBundles.Pings(1) + "; exec sleep 1000");

        var create = await _factory.RunAsync(id, bundle);

        await create.OutputAsync("2 packets received");
        Assert.Equal("pool", (string)(await _factory.Daemon.InspectAsync(id))["vmSource"]!);
        await _factory.Daemon.SucceedAsync("delete", "--force", id);
        Assert.Equal(before, _network.Look());
    }
}

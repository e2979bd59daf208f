using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.TestKit;
using KataActors.Linux;
using KataActors.Linux.Netlink;
using static KataActors.Network.NetworkProtocol;

namespace KataActors.Network.Tests;

/// <summary>The actor on real network namespaces.</summary>
public sealed class NetworkActorSpecs : TestKit
{
    private static readonly Guid s_mark = Guid.Parse("11111111-2222-3333-4444-555555555555");

    private readonly TestNamespace _namespace = new();

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _namespace.Dispose();
    }

    [Fact]
    public async Task Should_find_interfaces_with_addresses_routes_and_fixed_neighbors()
    {
        var view = await ScanAsync();

        var endpoint = Assert.Single(view.Endpoints, endpoint => endpoint.Name == "eth0");
        Assert.Equal(("veth", TestNamespace.HardwareAddress, 1400), (endpoint.Kind, endpoint.HardwareAddress, endpoint.Mtu));
        Assert.Contains(new EndpointAddress("10.9.0.2", false, 24), endpoint.Addresses);
        Assert.Contains(new EndpointAddress("fd00:9::2", true, 64), endpoint.Addresses);
        Assert.Equal(
            [("", "10.9.0.1", ""), ("", "fd00:9::1", ""), ("10.8.0.0/16", "10.9.0.7", "10.9.0.2")],
            view.Routes.Select(route => (route.Destination, route.Gateway, route.Source)).Order());
        Assert.Equal([("10.9.0.9", "02:00:00:00:00:99")], view.Neighbors.Select(neighbor => (neighbor.Address, neighbor.HardwareAddress)));
    }

    [Fact]
    public async Task Should_take_the_best_of_the_routes_to_a_network_and_one_interface_of_a_hardware_address()
    {
        _namespace.Run("ip link add eth1 address 02:00:00:00:00:22 type veth peer name peer1");
        _namespace.Run("ip link set eth1 up");
        _namespace.Run("ip address add 10.7.0.2/24 dev eth1");
        _namespace.Run("ip route add default via 10.7.0.1 metric 200");
        _namespace.Run("ip -6 route add default via fd00:9::5 metric 50");
        _namespace.Run($"ip link add eth2 address {TestNamespace.HardwareAddress} type veth peer name peer2");
        _namespace.Run("ip link set eth2 up");
        _namespace.Run("ip address add 10.6.0.2/24 dev eth2");

        var view = await ScanAsync();

        Assert.Equal(["10.9.0.1", "fd00:9::5"], view.Routes.Where(route => route.Destination.Length == 0).Select(route => route.Gateway).Order());
        Assert.DoesNotContain("eth2", view.Endpoints.Select(endpoint => endpoint.Name));
        Assert.Contains(view.Ignored, ignored => ignored.StartsWith("interface \"eth2\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_refuse_the_hosts_own_namespace()
    {
        using var hosts = NamespaceFile.Open("/proc/self/ns/net", NamespaceKinds.Network);
        NewActor().Tell(new Scan { Namespace = hosts }, TestActor);

        Assert.Contains("the host's own", (await ExpectMsgAsync<NetworkFailed>()).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_connect_interfaces_and_leave_the_namespace_as_it_was()
    {
        var before = (_namespace.Links(), _namespace.Run("tc qdisc show"));
        var view = await ScanAsync();
        var actor = await ConnectAsync(view);
        Assert.Contains("tap0_kata", _namespace.Links(), StringComparison.Ordinal);
        Assert.Contains("mirred (Egress Redirect to device tap0_kata) stolen", _namespace.Run("tc filter show dev eth0 ingress"), StringComparison.Ordinal);
        Assert.Contains("mirred (Egress Redirect to device eth0) stolen", _namespace.Run("tc filter show dev tap0_kata ingress"), StringComparison.Ordinal);

        // The descriptors end with the actor, and a fresh one finds what is left by the inode of the namespace.
        await EndAsync(actor);
        await AwaitConditionAsync(() => Task.FromResult(!_namespace.Links().Contains("tap0_kata", StringComparison.Ordinal)));
        using var inside = new ProcessIn(_namespace);
        await ReleaseAsync(view.Namespace, s_mark);
        await ReleaseAsync(view.Namespace, s_mark);

        Assert.Equal(before, (_namespace.Links(), _namespace.Run("tc qdisc show")));
    }

    [Fact]
    public async Task Should_take_back_the_tap_interfaces_at_a_release()
    {
        var before = (_namespace.Links(), _namespace.Run("tc qdisc show"));
        var view = await ScanAsync();
        var actor = await ConnectAsync(view);
        using var inside = new ProcessIn(_namespace);

        actor.Tell(new Release(view.Namespace, s_mark, []), TestActor);
        await ExpectMsgAsync<Released>();

        Assert.Equal(before, (_namespace.Links(), _namespace.Run("tc qdisc show")));
    }

    [Fact]
    public async Task Should_look_at_the_namespace_of_a_process_and_find_nothing_in_the_hosts()
    {
        using var inside = new ProcessIn(_namespace);
        Assert.Contains(await ScanAsync(inside.Id), endpoint => endpoint.Name == "eth0");
        Assert.Empty(await ScanAsync(Environment.ProcessId));

        NewActor().Tell(new Scan { Process = ProcessIdentity.TryRead(inside.Id)!.Value with { StartTime = 1 } }, TestActor);
        await ExpectMsgAsync<NetworkFailed>();
    }

    [Fact]
    public async Task Should_find_nothing_where_only_the_loopback_is()
    {
        _namespace.Run("ip link delete eth0");
        using var inside = new ProcessIn(_namespace);
        Assert.Empty(await ScanAsync(inside.Id));

        _namespace.Run("ip link add eth0 type veth peer name peer0");
        _namespace.Run("ip address add 10.9.0.3/24 dev eth0");
        Assert.Single(await ScanAsync(inside.Id));
    }

    [Fact]
    public async Task Should_keep_what_another_has_made()
    {
        var view = await ScanAsync();
        _namespace.Run("tc qdisc add dev eth0 ingress");
        NewActor().Tell(new Connect(s_mark, view.Endpoints) { Namespace = _namespace.Handle }, TestActor);

        Assert.Contains("eth0\": it has an ingress qdisc already", (await ExpectMsgAsync<NetworkFailed>()).Failure.Message, StringComparison.Ordinal);
        using var inside = new ProcessIn(_namespace);
        await ReleaseAsync(view.Namespace, s_mark);
        Assert.Contains("qdisc ingress ffff:", _namespace.Run("tc qdisc show dev eth0"), StringComparison.Ordinal);
        Assert.DoesNotContain("tap0_kata", _namespace.Links());
    }

    [Theory]
    [InlineData("ingress")]
    [InlineData("clsact")]
    public async Task Should_refuse_an_interface_that_another_uses_before_anything_is_made(string kind)
    {
        _namespace.Run($"tc qdisc add dev eth0 {kind}");
        NewActor().Tell(new Scan { Namespace = _namespace.Handle }, TestActor);

        Assert.Contains("connect interface \"eth0\": it has an ingress qdisc already", (await ExpectMsgAsync<NetworkFailed>()).Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_take_back_a_connection_that_was_interrupted_before_its_mark_and_no_other()
    {
        var view = await ScanAsync();
        var interfaces = view.Endpoints.Select(endpoint => endpoint.Index).ToImmutableArray();
        using var inside = new ProcessIn(_namespace);
        _namespace.Run("tc qdisc add dev eth0 ingress");
        _namespace.Run("tc filter add dev eth0 ingress u32 match u32 0 0 flowid 1:1");
        await ReleaseAsync(view.Namespace, s_mark, interfaces);
        Assert.Contains("qdisc ingress ffff:", _namespace.Run("tc qdisc show dev eth0"), StringComparison.Ordinal);

        _namespace.Run("tc filter delete dev eth0 ingress");
        await ReleaseAsync(view.Namespace, s_mark, interfaces);

        Assert.DoesNotContain("ingress", _namespace.Run("tc qdisc show dev eth0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_keep_the_connection_of_another_sandbox()
    {
        var view = await ScanAsync();
        await ConnectAsync(view);
        using var inside = new ProcessIn(_namespace);

        await ReleaseAsync(view.Namespace, Guid.NewGuid());

        Assert.True(_namespace.In(() =>
        {
            using var socket = NetlinkSocket.Open();
            return PacketRedirection.Has(socket, view.Endpoints.Single(endpoint => endpoint.Name == "eth0").Index, s_mark);
        }));
    }

    [Fact]
    public async Task Should_count_a_namespace_that_is_gone_as_released()
    {
        await ReleaseAsync(1, s_mark);
    }

    private IActorRef NewActor() => Sys.ActorOf(NetworkActor.Props());

    private async Task<NetworkView> ScanAsync()
    {
        NewActor().Tell(new Scan { Namespace = _namespace.Handle }, TestActor);
        var view = (await ExpectMsgAsync<Scanned>()).View;
        // The other end has its address of IPv6 only.
        return view with { Endpoints = [.. view.Endpoints.Where(endpoint => endpoint.Name == "eth0")] };
    }

    private async Task<ImmutableArray<NetworkEndpoint>> ScanAsync(int process)
    {
        NewActor().Tell(new Scan { Process = ProcessIdentity.TryRead(process) }, TestActor);
        return (await ExpectMsgAsync<Scanned>()).View.Endpoints;
    }

    private async Task<IActorRef> ConnectAsync(NetworkView view)
    {
        var actor = NewActor();
        actor.Tell(new Connect(s_mark, view.Endpoints) { Namespace = _namespace.Handle }, TestActor);
        Assert.Equal("tap0_kata", Assert.Single((await ExpectMsgAsync<Connected>()).Taps).Name);
        return actor;
    }

    private async Task ReleaseAsync(ulong inode, Guid mark, ImmutableArray<int>? interfaces = null)
    {
        NewActor().Tell(new Release(inode, mark, interfaces ?? []), TestActor);
        await ExpectMsgAsync<Released>();
    }

    private async Task EndAsync(IActorRef actor)
    {
        Watch(actor);
        Sys.Stop(actor);
        await ExpectTerminatedAsync(actor);
    }
}

using KataActors.Agent.Rpc;
using KataActors.Linux;
using KataActors.Linux.Netlink;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>The agent's calls for networks, on interfaces of a network namespace that each test makes for itself.</summary>
public sealed class GuestNetworkSpecs
{
    [Fact]
    public void Should_name_an_interface_and_give_it_its_mtu_and_addresses() => InNamespace(1, addresses =>
    {
        Update(addresses[0], "eth7", 1400, ("10.9.0.2", "24"), ("fd00:9::2", "64"));
        Update(addresses[0], "eth7", 1400, ("10.9.0.2", "24"), ("fd00:9::2", "64"));

        using var socket = NetlinkSocket.Open();
        var link = NetworkLink.All(socket).Single(link => link.HardwareAddress == addresses[0]);
        Assert.Equal(("eth7", 1400, NetworkLink.Up), (link.Name, link.Mtu, link.Flags & NetworkLink.Up));
        var given = NetworkAddress.All(socket).Where(address => address.Link == link.Index).Select(address => $"{new System.Net.IPAddress(address.Bytes)}/{address.PrefixLength}").ToArray();
        Assert.Contains("10.9.0.2/24", given);
        Assert.Contains("fd00:9::2/64", given);
    });

    [Fact]
    public void Should_exchange_the_names_of_two_interfaces() => InNamespace(2, addresses =>
    {
        Update(addresses[0], "tap1", 0);
        Update(addresses[1], "tap0", 0);

        using var socket = NetlinkSocket.Open();
        Assert.Equal(
            [("tap0", addresses[1]), ("tap1", addresses[0])],
            NetworkLink.All(socket).Where(link => link.HardwareAddress is not ("" or "00:00:00:00:00:00")).Select(link => (link.Name, link.HardwareAddress)).Order());
    });

    [Fact]
    public void Should_replace_routes_and_add_those_without_a_gateway_first() => InNamespace(1, addresses =>
    {
        Update(addresses[0], "eth0", 0, ("10.9.0.2", "24"), ("fd00:9::2", "64"));
        Routes(new Route { Dest = "10.1.0.0/16", Device = "eth0", Gateway = "10.9.0.1" });

        Routes(
            new Route { Device = "eth0", Gateway = "10.77.0.1" },
            new Route { Device = "eth0", Gateway = "fd00:9::1", Family = IPFamily.V6 },
            new Route { Dest = "10.77.0.0/16", Device = "eth0", Scope = 253 });

        using var socket = NetlinkSocket.Open();
        Assert.Equal(
            [(0, "10.77.0.1"), (0, "fd00:9::1"), (16, "")],
            NetworkRoute.All(socket).Select(route => ((int)route.PrefixLength, route.Gateway.Length > 0 ? new System.Net.IPAddress(route.Gateway).ToString() : "")).Order());
    });

    [Fact]
    public void Should_set_fixed_neighbors() => InNamespace(1, addresses =>
    {
        Update(addresses[0], "eth0", 0, ("10.9.0.2", "24"));
        Neighbors("02:00:00:00:00:99");
        Neighbors("02:00:00:00:00:98");

        using var socket = NetlinkSocket.Open();
        Assert.Equal("02:00:00:00:00:98", NetworkAddress.HardwareText(Assert.Single(NetworkNeighbor.All(socket)).HardwareAddress));
    });

    [Theory]
    [InlineData("", 0, "10.9.0.2", "24")]
    [InlineData("a/b", 0, "10.9.0.2", "24")]
    [InlineData("longer-than-a-name", 0, "10.9.0.2", "24")]
    [InlineData("eth0", 67, "10.9.0.2", "24")]
    [InlineData("eth0", 65536, "10.9.0.2", "24")]
    [InlineData("eth0", 0, "10.9.0", "24")]
    [InlineData("eth0", 0, "10.9.0.2", "33")]
    [InlineData("eth0", 0, "10.9.0.2", "-1")]
    [InlineData("eth0", 0, "fd00:9::2", "129")]
    [InlineData("eth0", 0, "", "")]
    public void Should_refuse_what_is_not_valid_and_change_nothing(string name, ulong mtu, string address, string mask) => InNamespace(1, addresses =>
    {
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<TtrpcException>(() => Update(addresses[0], name, mtu, (address, mask))).Code);

        using var socket = NetlinkSocket.Open();
        Assert.Equal(("tap0", 0u), NetworkLink.All(socket).Where(link => link.HardwareAddress == addresses[0]).Select(link => (link.Name, link.Flags & NetworkLink.Up)).Single());
    });

    [Theory]
    [InlineData("02:00:00:00:00")]
    [InlineData("02-00-00-00-00-01")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("")]
    public void Should_refuse_what_is_no_hardware_address(string text) => InNamespace(1, _ =>
    {
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<TtrpcException>(() => Update(text, "eth0", 0)).Code);
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<TtrpcException>(() => Neighbors(text, "tap0")).Code);
    });

    [Fact]
    public void Should_refuse_routes_through_nothing_and_of_two_families() => InNamespace(1, _ =>
    {
        Assert.Equal(StatusCode.NotFound, Assert.Throws<TtrpcException>(() => Routes(new Route { Device = "eth9", Gateway = "10.9.0.1" })).Code);
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<TtrpcException>(() => Routes(new Route { Device = "tap0", Gateway = "fd00::1" })).Code);
    });

    // The taps have no carrier, which none of this needs.
    private static void InNamespace(int count, Action<string[]> test) => NamespaceThread.Run(
        () =>
        {
            var taps = Enumerable.Range(0, count).Select(_ => TapDevice.Make("tap%d")).ToArray();
            using (var socket = NetlinkSocket.Open())
            {
                test([.. taps.Select(tap => NetworkLink.All(socket).Single(link => link.Name == tap.Name).HardwareAddress)]);
            }

            Array.ForEach(taps, tap => tap.File.Dispose());
            return true;
        },
        NamespaceEntry.Unshare(NamespaceKinds.Network));

    private static void Update(string hardwareAddress, string name, ulong mtu, params (string Address, string Mask)[] addresses)
    {
        var wanted = new Interface { Name = name, HwAddr = hardwareAddress, Mtu = mtu };
        wanted.IPAddresses.AddRange(addresses.Select(address => new IPAddress { Address = address.Address, Mask = address.Mask }));
        GuestNetwork.UpdateInterfaceAsync(new UpdateInterfaceRequest { Interface = wanted }, CancellationToken.None).GetAwaiter().GetResult();
    }

    private static void Routes(params Route[] routes)
    {
        var request = new UpdateRoutesRequest { Routes = new Routes() };
        request.Routes.Routes_.AddRange(routes);
        GuestNetwork.UpdateRoutes(request);
    }

    private static void Neighbors(string hardwareAddress, string device = "eth0")
    {
        var request = new AddARPNeighborsRequest { Neighbors = new ARPNeighbors() };
        request.Neighbors.ARPNeighbors_.Add(new ARPNeighbor { ToIPAddress = new IPAddress { Address = "10.9.0.9" }, Device = device, Lladdr = hardwareAddress });
        GuestNetwork.AddNeighbors(request);
    }
}

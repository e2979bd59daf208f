namespace KataActors.EndToEnd.Tests;

/// <summary>Sandboxes in network namespaces that their specs name by path.</summary>
public sealed class NetworkSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>, IDisposable
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;
    private readonly TestNetwork _network = new();

    public void Dispose() => _network.Dispose();

    [Fact]
    public async Task Should_let_two_sandboxes_ping_each_other_and_leave_their_namespaces_as_they_were()
    {
        var (first, second) = (_network.Join(2), _network.Join(3));
        var before = _network.Look();
        var host = await HostSnapshot.TakeAsync(_daemon);
        var (sleeper, pinger) = (_daemon.NewId(), _daemon.NewId());
        var (bundle, other) = (Inside(first, "exec sleep 1000"), Inside(second, "ip -o link; ip -o address; ip route; ip -6 route; " + NetworkBundles.Pings(2)));
        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, sleeper);
        await _daemon.SucceedAsync("start", sleeper);

        var run = (await _daemon.RunAsync("run", "--bundle", other.Path, pinger)).MustSucceed();

        Assert.Equal(2, run.Output.Split(" 0% packet loss").Length - 1);
        Assert.Contains(TestNetwork.HardwareAddress(3), run.Output, StringComparison.Ordinal);
        Assert.Contains("eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400", run.Output, StringComparison.Ordinal);
        Assert.Contains("default via 10.9.0.1 dev eth0", run.Output, StringComparison.Ordinal);
        Assert.Contains("default via fd00:9::1 dev eth0", run.Output, StringComparison.Ordinal);
        await _daemon.SucceedAsync("delete", "--force", sleeper);
        Assert.Equal(before, _network.Look());
        Directory.Delete(bundle.Path, recursive: true);
        Directory.Delete(other.Path, recursive: true);
        await host.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_keep_the_network_and_take_it_back_when_the_daemon_was_killed_meanwhile()
    {
        var place = _network.Join(2);
        var before = _network.Look();
        var id = _daemon.NewId();
        await _daemon.SucceedAsync("create", "--bundle", Inside(place, "exec sleep 1000").Path, id);
        await _daemon.SucceedAsync("start", id);
        var dead = _daemon.Pid;

        _daemon.Kill();

        await Eventually.TrueAsync(async () => _daemon.Pid is not 0 and var pid && pid != dead && await _daemon.AnswersAsync(), () => "the daemon does not come back");
        var exec = (await _daemon.RunAsync("exec", "--cap", "CAP_NET_RAW", id, "sh", "-c", NetworkBundles.Pings(1))).MustSucceed();
        Assert.Equal(2, exec.Output.Split(" 0% packet loss").Length - 1);
        await _daemon.SucceedAsync("delete", "--force", id);
        Assert.Equal(before, _network.Look());
    }

    [Fact]
    public async Task Should_keep_the_qdisc_of_another_and_leave_nothing_when_an_interface_is_in_use()
    {
        var place = _network.Join(2);
        _network.Tc(2, "qdisc add dev eth0 ingress");
        var before = _network.Look();

        var run = await _daemon.RunAsync("run", "--bundle", Inside(place, "true").Path, _daemon.NewId());

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("network: connect interface \"eth0\": it has an ingress qdisc already", run.Errors, StringComparison.Ordinal);
        Assert.Equal(before, _network.Look());
    }

    [Fact]
    public async Task Should_take_back_the_connections_when_the_vm_has_no_place_for_all_interfaces()
    {
        var place = _network.Join(2);
        for (var number = 1; number <= 8; number++)
        {
            _network.Ip(2, $"link add more{number} type veth peer name peer{number}");
            _network.Ip(2, $"address add 10.1{number}.0.2/24 dev more{number}");
        }

        var before = _network.Look();

        var run = await _daemon.RunAsync("run", "--bundle", Inside(place, "true").Path, _daemon.NewId());

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("places for 8 network interfaces, not for 9", run.Errors, StringComparison.Ordinal);
        Assert.Equal(before, _network.Look());
    }

    [Fact]
    public async Task Should_name_several_interfaces_as_the_namespace_does()
    {
        var place = _network.Join(2);
        _network.Ip(2, "link add eth1 address 02:00:00:00:aa:01 type veth peer name peer1");
        _network.Ip(2, "address add 10.11.0.2/24 dev eth1");
        _network.Ip(2, "link set eth0 down");
        _network.Ip(2, "link set eth0 name net9");
        _network.Ip(2, "link set net9 up");

        var run = (await _daemon.RunAsync("run", "--bundle", Inside(place, "ip -o link; ip -o address").Path, _daemon.NewId())).MustSucceed();

        Assert.Matches(@"eth1: .*02:00:00:00:aa:01", run.Output);
        Assert.Contains("eth1    inet 10.11.0.2/24", run.Output, StringComparison.Ordinal);
        Assert.Matches($"net9: .*{TestNetwork.HardwareAddress(2)}", run.Output);
        Assert.DoesNotMatch("eth0|kata", run.Output);
    }

    [Fact]
    public async Task Should_connect_an_interface_that_comes_between_the_creation_and_the_start()
    {
        var place = _network.Make(2);
        var id = _daemon.NewId();
        var create = _daemon.Start("create", "--bundle", Inside(place, NetworkBundles.Pings(1) + "; exec sleep 1000").Path, id);
        (await create.FinishAsync()).MustSucceed();
        _network.Connect(2);
        var before = _network.Look();

        await _daemon.SucceedAsync("start", id);

        await create.OutputAsync("2 packets received");
        await _daemon.SucceedAsync("delete", "--force", id);
        Assert.Equal(before, _network.Look());
    }

    [Theory]
    [InlineData("s a b")]
    [InlineData("s b a")]
    [InlineData("a s b")]
    [InlineData("a b s")]
    [InlineData("b s a")]
    [InlineData("b a s")]
    public async Task Should_share_the_interfaces_in_a_pod_until_its_containers_are_deleted_in_any_order(string order)
    {
        var place = _network.Join(2);
        var before = _network.Look();
        var ids = new[] { "s", "a", "b" }.ToDictionary(name => name, _ => _daemon.NewId());
        var pause = Inside(place, "exec sleep 1000").WithAnnotation("io.kubernetes.cri.container-type", "sandbox").WithAnnotation("io.kubernetes.cri.sandbox-id", ids["s"]);
        await _daemon.SucceedAsync("run", "--detach", "--bundle", pause.Path, "--pid-file", pause.PidFile, ids["s"]);
        var shared = Inside(place, "exec sleep 1000").Joining(ids["s"]).With("linux.namespaces.0.path", $"/proc/{(await File.ReadAllTextAsync(pause.PidFile)).Trim()}/ns/pid");
        foreach (var (name, bundle) in new[] { ("a", Inside(place, "exec sleep 1000").Joining(ids["s"])), ("b", shared) })
        {
            await _daemon.SucceedAsync("run", "--detach", "--bundle", bundle.Path, ids[name]);
            Assert.Contains("10.9.0.2/24", (await _daemon.RunAsync("exec", ids[name], "ip", "address")).MustSucceed().Output, StringComparison.Ordinal);
        }

        foreach (var name in order.Split(' '))
        {
            await _daemon.SucceedAsync("delete", "--force", ids[name]);
        }

        Assert.Equal(before, _network.Look());
    }

    [Fact]
    public async Task Should_refuse_the_namespace_of_the_host()
    {
        var run = await _daemon.RunAsync("run", "--bundle", Inside("/proc/self/ns/net", "true").Path, _daemon.NewId());

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("network namespace \"/proc/self/ns/net\" is the host's own", run.Errors, StringComparison.Ordinal);
    }

    private TestBundle Inside(string place, string script) => NetworkBundles.Inside(_daemon, place, script);
}

namespace KataActors.Callers.Tests;

/// <summary>Pods with the plugins bridge and portmap of the Container Network Interface.</summary>
public sealed class CriNetworkSpecs(CriNodeWithBridge fixture) : IClassFixture<CriNodeWithBridge>
{
    private CriNode Node => fixture.Node;

    private CallerWorld World => fixture.World;

    [Fact]
    public async Task Should_reach_the_bridge_and_other_pods_and_be_reached_by_a_port_of_the_host()
    {
        var pod = await CriPod.RunAsync(Node, "server", change: config => config.PortMappings.Add(new Cri.PortMapping { ContainerPort = 80, HostPort = 8082 }));
        await pod.StartAsync("server", WebServer.Serve);
        var before = await World.LinksAsync();
        Assert.StartsWith("10.78.0.", pod.Address, StringComparison.Ordinal);

        foreach (var (host, port) in new[] { (pod.Address, 80), ("10.78.0.1", 8082) })
        {
            Assert.EndsWith("hello\n", await World.RunAsync(WebServer.Fetch(host, port)), StringComparison.Ordinal);
        }

        var (_, beside) = await pod.RunToEndAsync("beside", $"busybox ip -o -4 address show eth0; {WebServer.Fetch("127.0.0.1")}");
        Assert.Contains($"inet {pod.Address}/24", beside, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", beside, StringComparison.Ordinal);
        var other = await CriPod.RunAsync(Node, "client");
        var (_, client) = await other.RunToEndAsync("client", $"busybox ping -c 1 10.78.0.1; {WebServer.Fetch(pod.Address)}");
        Assert.Contains(" 0% packet loss", client, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", client, StringComparison.Ordinal);

        await other.RemoveAsync();
        Assert.Equal(before, await World.LinksAsync());
        await pod.RemoveAsync();
        Assert.DoesNotContain("veth", await World.LinksAsync(), StringComparison.Ordinal);
        await Node.Runtime.MustBeEmptyAsync();
    }
}

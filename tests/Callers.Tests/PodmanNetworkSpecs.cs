namespace KataActors.Callers.Tests;

public sealed class PodmanNetworkSpecs(PodmanWithBridge fixture) : IClassFixture<PodmanWithBridge>
{
    private Podman Podman => fixture.Podman;

    private CallerWorld World => fixture.World;

    [Fact]
    public async Task Should_reach_the_bridge_and_other_containers_and_be_reached_by_a_published_port()
    {
        var server = (await RunAsync(WebServer.Serve, "--detach", "--publish", "8081:80")).MustExit(0).Output.Trim();
        var before = await World.LinksAsync();
        var address = (await Podman.RunAsync("inspect", "--format", "{{.NetworkSettings.IPAddress}}", server)).MustExit(0).Output.Trim();
        Assert.StartsWith("10.88.0.", address, StringComparison.Ordinal);

        foreach (var (host, port) in new[] { (address, 80), ("10.88.0.1", 8081) })
        {
            Assert.EndsWith("hello\n", await World.RunAsync(WebServer.Fetch(host, port)), StringComparison.Ordinal);
        }

        var client = (await RunAsync($"busybox ip -o -4 address show eth0; busybox ping -c 1 10.88.0.1; {WebServer.Fetch(address)}", "--rm", "--cap-add", "NET_RAW")).MustExit(0).Output;
        Assert.Matches(@"inet 10\.88\.0\.\d+/16", client);
        Assert.Contains(" 0% packet loss", client, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", client, StringComparison.Ordinal);

        Assert.Equal(before, await World.LinksAsync());
        await Podman.RemoveAsync(server);
        Assert.DoesNotContain("veth", await World.LinksAsync(), StringComparison.Ordinal);
    }

    private Task<CommandResult> RunAsync(string script, params string[] options) => Podman.RunAsync(["run", .. options, BusyboxImage.Name, "/bin/sh", "-c", script]);
}

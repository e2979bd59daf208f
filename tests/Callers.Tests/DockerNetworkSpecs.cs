namespace KataActors.Callers.Tests;

public sealed class DockerNetworkSpecs(DockerWithBridge fixture) : IClassFixture<DockerWithBridge>
{
    private Docker Docker => fixture.Docker;

    private CallerWorld World => fixture.World;

    [Fact]
    public async Task Should_reach_the_bridge_and_other_containers_and_be_reached_by_a_published_port()
    {
        var before = await World.LinksAsync();
        var server = (await RunAsync(WebServer.Serve, "--detach", "--publish", "8080:80")).MustExit(0).Output.Trim();
        var address = await Docker.InspectAsync(server, "{{.NetworkSettings.IPAddress}}");
        Assert.StartsWith("10.77.0.", address, StringComparison.Ordinal);

        foreach (var (host, port) in new[] { (address, 80), ("10.77.0.1", 8080), ("127.0.0.1", 8080) })
        {
            Assert.EndsWith("hello\n", await World.RunAsync(WebServer.Fetch(host, port)), StringComparison.Ordinal);
        }

        var client = (await RunAsync($"busybox ip -o -4 address show eth0; busybox ping -c 1 10.77.0.1; {WebServer.Fetch(address)}", "--rm")).MustExit(0).Output;
        Assert.Matches(@"inet 10\.77\.0\.\d+/24", client);
        Assert.Contains(" 0% packet loss", client, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", client, StringComparison.Ordinal);

        await Docker.RemoveAsync(server);
        Assert.Equal(before, await World.LinksAsync());
    }

    private Task<CommandResult> RunAsync(string script, params string[] options) => Docker.RunAsync(["run", .. options, BusyboxImage.Name, "/bin/sh", "-c", script]);
}

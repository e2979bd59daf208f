namespace KataActors.Callers.Tests;

/// <summary><c>ctr run --cni</c>, whose plugins make the interface between the creation and the start.</summary>
public sealed class ContainerdNetworkSpecs(ContainerdWithBridge fixture) : IClassFixture<ContainerdWithBridge>
{
    private Containerd Containerd => fixture.Containerd;

    private CallerWorld World => fixture.World;

    [Fact]
    public async Task Should_reach_the_bridge_and_other_containers()
    {
        await RunAsync("server", WebServer.Serve, "--detach");
        var address = (await Containerd.RunAsync("tasks", "exec", "--exec-id", "address", "server", "/bin/sh", "-c", "busybox ip -o -4 address show eth0")).MustExit(0).Output;
        Assert.Matches(@"inet 10\.79\.0\.\d+/24", address);
        var server = address.Split("inet ")[1].Split('/')[0];
        Assert.EndsWith("hello\n", await World.RunAsync(WebServer.Fetch(server)), StringComparison.Ordinal);

        var client = await RunAsync("client", $"busybox ping -c 1 10.79.0.1; {WebServer.Fetch(server)}", "--rm");
        Assert.Contains(" 0% packet loss", client, StringComparison.Ordinal);
        Assert.EndsWith("hello\n", client, StringComparison.Ordinal);

        await Containerd.RemoveAsync("server");
        await Containerd.Runtime.MustBeEmptyAsync();
        var links = "";
        await Eventually.TrueAsync(() => !(links = World.LinksAsync().GetAwaiter().GetResult()).Contains("veth", StringComparison.Ordinal), () => links);
    }

    private async Task<string> RunAsync(string id, string script, params string[] options) =>
        (await Containerd.RunAsync([.. Containerd.Run(["--cni", .. options]), id, "/bin/sh", "-c", script])).MustExit(0).Output;
}

using Akka.Actor;
using Akka.Hosting;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class GatewayActorSpecs : GatewayTest
{
    public GatewayActorSpecs() => Manager.IsReady = false;

    [Fact]
    public async Task Should_listen_only_when_the_manager_is_ready()
    {
        var manager = ActorRegistry.Get<SandboxManagerActor>();
        await Sys.ActorSelection("/user/gateway").ResolveOne(Deadline.Span);
        Assert.False(File.Exists(Socket));
        Assert.True(Lifetime.IsSilent);

        manager.Tell(new SandboxQueries.Ready());

        var (client, control) = await ConnectAsync();
        await using var closed = client;
        await control.VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
    }

    [Fact]
    public async Task Should_remove_the_socket_and_end_the_connections_when_it_stops()
    {
        ActorRegistry.Get<SandboxManagerActor>().Tell(new SandboxQueries.Ready());
        var (client, control) = await ConnectAsync();
        await using var closed = client;
        var waiting = control.WaitAsync(new WaitRequest { Container = new ContainerRef { Root = "/r", Id = "c" }, WaitMs = 60_000 }, Deadline.Span, Deadline.Token);
        await Manager.ReceiveAsync<SandboxQueries.WaitContainer>();

        await ActorRegistry.Get<GatewayActor>().GracefulStop(Deadline.Span);

        var failure = await Assert.ThrowsAsync<TtrpcException>(() => waiting);
        Assert.Equal(StatusCode.Unavailable, failure.Code);
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public async Task Should_tell_the_host_when_the_manager_fails()
    {
        var manager = ActorRegistry.Get<SandboxManagerActor>();
        manager.Tell(new SandboxQueries.Ready());
        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());

        manager.Tell(PoisonPill.Instance);

        Assert.Equal("the register of sandboxes failed", await Lifetime.NextAsync());
    }

    [Fact]
    public async Task Should_go_on_serving_the_others_when_a_client_sends_rubbish()
    {
        ActorRegistry.Get<SandboxManagerActor>().Tell(new SandboxQueries.Ready());
        var (client, control) = await ConnectAsync();
        await using var closed = client;
        using (var rude = await Linux.UnixSockets.ConnectAsync(Socket, Deadline.Span, Deadline.Token))
        {
            await rude.SendAsync(new byte[] { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 1, 0 }, Deadline.Token);
            Assert.Equal(0, await rude.ReceiveAsync(new byte[1], Deadline.Token));
        }

        await control.VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token);
    }
}

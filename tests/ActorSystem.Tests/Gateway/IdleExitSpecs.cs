using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class IdleExitSpecs : GatewayTest
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(1);
    private static readonly ContainerRef s_ref = new() { Root = "/r", Id = "c1" };
    private readonly ManualClock _clock = new();

    public IdleExitSpecs() => Manager.IsReady = false;

    private protected override TimeSpan? IdleExit => s_idle;

    private protected override TimeProvider Clock => _clock;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    [Fact]
    public async Task Should_remove_the_socket_and_exit_when_there_is_nothing_to_do()
    {
        await BeginAsync();
        await PassAsync(s_idle - TimeSpan.FromTicks(1));
        AssertStays();

        await PassAsync(TimeSpan.FromTicks(1));

        Assert.Equal(FakeLifetime.IsIdle, await Lifetime.NextAsync());
        Assert.False(File.Exists(Socket));
        var failure = await Assert.ThrowsAsync<LinuxException>(() => UnixSockets.ConnectAsync(Socket, Deadline.Span, Deadline.Token));
        Assert.Equal(Errno.ENOENT, failure.Errno);
    }

    [Fact]
    public async Task Should_stay_as_long_as_a_call_is_in_flight()
    {
        await BeginAsync();
        await using var client = await ConnectClientAsync();
        var control = new ControlClient(client);
        var waiting = control.WaitAsync(new WaitRequest { Container = s_ref, WaitMs = 600_000 }, Deadline.Span, Deadline.Token);
        await Manager.ReceiveAsync<SandboxQueries.WaitContainer>();

        await PassAsync(s_idle);
        await PassAsync(s_idle * 10);

        AssertStays();
        await client.DisposeAsync();
        await Assert.ThrowsAsync<TtrpcException>(() => waiting);
        await LeavesAsync();
    }

    [Fact]
    public async Task Should_stay_as_long_as_there_is_a_sandbox()
    {
        Manager.Sandboxes = new SandboxQueries.SandboxList([new SandboxSnapshot(new ContainerKey("/r", "s"), SandboxStatus.Ready, 1, 1, DateTimeOffset.UnixEpoch)]);
        await BeginAsync();

        await PassAsync(s_idle);
        await PassAsync(s_idle * 10);

        AssertStays();
        Manager.Sandboxes = new SandboxQueries.SandboxList([]);
        await LeavesAsync();
    }

    [Fact]
    public async Task Should_stay_when_somebody_has_come_while_it_asked_for_the_sandboxes()
    {
        await BeginAsync();
        await using var client = await ConnectClientAsync();
        var control = new ControlClient(client);
        _clock.Advance(s_idle);
        await control.VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token);

        ActorRegistry.Get<GatewayActor>().Tell(new SandboxQueries.SandboxList([]));

        await PassAsync(TimeSpan.Zero);
        AssertStays();
    }

    [Fact]
    public async Task Should_serve_those_who_had_connected_when_it_wanted_to_leave()
    {
        var gate = new TaskCompletionSource();
        Lifetime.Pause = gate.Task;
        await BeginAsync();
        ActorRegistry.Get<GatewayActor>().Tell(new SandboxQueries.SandboxList([]));
        _clock.Advance(s_idle);

        // It leaves with its next message: one of these connections is in its mailbox, the other is not accepted yet.
        await using var first = await ConnectClientAsync();
        await using var second = await ConnectClientAsync();
        gate.SetResult();

        foreach (var client in new[] { first, second })
        {
            Assert.Equal(Environment.ProcessId, (await new ControlClient(client).VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token)).DaemonPid);
        }

        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());
        AssertStays();
    }

    private async Task BeginAsync()
    {
        ActorRegistry.Get<SandboxManagerActor>().Tell(new SandboxQueries.Ready());
        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());
    }

    private async Task<TtrpcClient> ConnectClientAsync() => new(await UnixSocketTransport.ConnectAsync(Socket, Deadline.Span, Deadline.Token));

    private void AssertStays()
    {
        Assert.True(Lifetime.IsSilent);
        Assert.True(File.Exists(Socket));
    }

    // The end of a call is not visible here, so another round may be needed.
    private async Task LeavesAsync()
    {
        var told = Lifetime.NextAsync();
        while (!told.IsCompleted)
        {
            await PassAsync(s_idle);
        }

        Assert.Equal(FakeLifetime.IsIdle, await told);
    }

    // Afterwards the gateway has sent its question to the manager, if any, and has handled the answer.
    private async Task PassAsync(TimeSpan time)
    {
        _clock.Advance(time);
        ((TestScheduler)Sys.Scheduler).Advance(time);
        var gateway = ActorRegistry.Get<GatewayActor>();
        foreach (var actor in new[] { gateway, ActorRegistry.Get<SandboxManagerActor>(), gateway })
        {
            await actor.Ask<ActorIdentity>(new Identify(null), Deadline.Span);
        }
    }
}

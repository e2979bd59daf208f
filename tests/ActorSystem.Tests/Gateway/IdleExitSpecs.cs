using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

public sealed class IdleExitSpecs : GatewayTest
{
    private static readonly ContainerRef s_ref = new() { Root = "/r", Id = "c1" };

    private protected override TimeSpan? IdleExit { get; } = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Should_remove_the_socket_and_exit_when_there_is_nothing_to_do()
    {
        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());

        Assert.Equal(FakeLifetime.IsIdle, await Lifetime.NextAsync());

        Assert.False(File.Exists(Socket));
        var failure = await Assert.ThrowsAsync<LinuxException>(() => UnixSockets.ConnectAsync(Socket, Deadline.Span, Deadline.Token));
        Assert.Equal(Errno.ENOENT, failure.Errno);
    }

    [Fact]
    public async Task Should_stay_as_long_as_a_call_is_in_flight()
    {
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var response = await control.WaitAsync(new WaitRequest { Container = s_ref, WaitMs = 2500 }, Deadline.Span, Deadline.Token);

        Assert.Equal(new WaitResponse(), response);
        Assert.True(Lifetime.IsSilent);
        Assert.Equal(FakeLifetime.IsIdle, await Lifetime.NextAsync());
    }

    [Fact]
    public async Task Should_stay_as_long_as_there_is_a_sandbox()
    {
        Manager.Sandboxes = new SandboxQueries.SandboxList([new SandboxSnapshot(new ContainerKey("/r", "s"), SandboxStatus.Ready, 1, 1, DateTimeOffset.UnixEpoch)]);
        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());
        var silent = Lifetime.NextAsync();

        await Assert.ThrowsAsync<TimeoutException>(() => silent.WaitAsync(TimeSpan.FromSeconds(3)));

        Manager.Sandboxes = new SandboxQueries.SandboxList([]);
        Assert.Equal(FakeLifetime.IsIdle, await silent);
    }

    [Fact]
    public async Task Should_serve_or_refuse_everyone_who_comes_while_it_leaves()
    {
        Assert.Equal(FakeLifetime.IsListening, await Lifetime.NextAsync());
        var next = Lifetime.NextAsync();

        // Clients come just when it wants to leave, each a little later than the last: each is served, or finds nobody. None is dropped.
        for (var i = 0; await CallOrFindNobodyAsync(); i++)
        {
            await Task.WhenAny(next, Task.Delay(IdleExit!.Value + TimeSpan.FromMilliseconds(i)));
            if (next.IsCompleted && await next is FakeLifetime.IsListening)
            {
                // It had wanted to leave, and stayed for us.
                next = Lifetime.NextAsync();
            }
        }

        while (await next is FakeLifetime.IsListening)
        {
            next = Lifetime.NextAsync();
        }

        Assert.Equal(FakeLifetime.IsIdle, await next);
    }

    private async Task<bool> CallOrFindNobodyAsync()
    {
        try
        {
            await using var client = new TtrpcClient(await UnixSocketTransport.ConnectAsync(Socket, Deadline.Span, Deadline.Token));
            return (await new ControlClient(client).VersionAsync(new VersionRequest(), Deadline.Span, Deadline.Token)).DaemonPid > 0;
        }
        catch (TtrpcException failure) when (failure.InnerException is LinuxException { Errno: Errno.ENOENT or Errno.ECONNREFUSED })
        {
            return false;
        }
    }
}

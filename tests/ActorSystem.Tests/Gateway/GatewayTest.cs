using Akka.Hosting;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>The production gateway on a real Unix socket, with a fake manager behind it and the real client before it.</summary>
public abstract class GatewayTest : Akka.Hosting.TestKit.TestKit
{
    private readonly TemporaryDirectory _directory = new();
    private Task<string>? _listening;

    private protected FakeSandboxManager Manager { get; } = new();

    private protected FakeLifetime Lifetime { get; } = new();

    private protected DescriptorTable Descriptors { get; } = new(TimeProvider.System);

    private protected LogLines Logged { get; } = new();

    private protected string Socket => _directory.File("daemon.sock");

    private protected virtual TimeSpan? IdleExit => null;

    private protected virtual TimeProvider Clock => TimeProvider.System;

    private protected virtual SandboxDeadlines Deadlines { get; } =
        new(Deadline.Span, Deadline.Span, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), Deadline.Span, Deadline.Span, Deadline.Span);

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
        .AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend)
        .WithActors((system, registry) =>
        {
            registry.Register<FactoryActor>(system.DeadLetters);
            registry.Register<SandboxManagerActor>(system.ActorOf(Manager.Props, SandboxManagerActor.Name));
        })
        .AddGateway(new GatewaySettings(Socket, IdleExit), Deadlines, Descriptors, Lifetime, LoggerFactory.Create(logs => logs.AddProvider(Logged)), Clock);

    protected override async Task AfterAllAsync()
    {
        await Sys.Terminate().WaitAsync(Deadline.Span);
        Descriptors.Dispose();
        _directory.Dispose();
    }

    /// <summary>A client; the first one waits until the gateway listens.</summary>
    private protected async Task<(TtrpcClient Client, ControlClient Control)> ConnectAsync()
    {
        _listening ??= Lifetime.NextAsync();
        Assert.Equal(FakeLifetime.IsListening, await _listening);
        var client = new TtrpcClient(await UnixSocketTransport.ConnectAsync(Socket, Deadline.Span, Deadline.Token));
        return (client, new ControlClient(client));
    }

    /// <summary>Calls by a client of its own.</summary>
    private protected async Task<T> CallAsync<T>(Func<ControlClient, Task<T>> call)
    {
        var (client, control) = await ConnectAsync();
        await using var closed = client;
        return await call(control);
    }

    /// <summary>The failure of a call.</summary>
    private protected Task<TtrpcException> FailAsync<T>(Func<ControlClient, Task<T>> call) =>
        Assert.ThrowsAsync<TtrpcException>(() => CallAsync(call));
}

using Akka.Actor;
using Akka.Hosting;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Hosting;
using KataActors.Runtime.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace KataActors.EndToEnd.Tests.Support;

/// <summary>The daemon's whole actor tree in the process of the test, which can then reach into it.</summary>
internal sealed class HostedTree : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly RunDirectory _runDirectory;

    private HostedTree(IHost host, RunDirectory runDirectory)
    {
        _host = host;
        _runDirectory = runDirectory;
    }

    private ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    /// <summary>Starts it at the address of <paramref name="daemon"/>.</summary>
    public static async Task<HostedTree> StartAsync(DaemonUnderTest daemon)
    {
        var install = new InstallPaths(Installation.Share);
        var configuration = DaemonConfiguration.Load(install.Reference, null);
        var settings = DaemonSettings.Create(configuration, install);
        var paths = new DaemonPaths(daemon.Address, Path.Combine(daemon.RunDirectory, "state"));
        var runDirectory = await RunDirectory.ClaimAsync(paths, Eventually.Deadline, CancellationToken.None);
        JournalFile.Prepare(paths.JournalFile);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var lifetime = new Lifetime();
        builder.Services.AddAkka(
            KataActorsHosting.SystemName, akka => akka.AddKataActors(configuration, settings, paths, lifetime, NullLoggerFactory.Instance));
        var host = builder.Build();
        await host.StartAsync();
        await lifetime.Ready.WaitAsync(Eventually.Deadline);
        return new HostedTree(host, runDirectory);
    }

    /// <summary>Lets the actor at <paramref name="path"/> throw, and waits until it has ended.</summary>
    public async Task FailAsync(string path)
    {
        var actor = await System.ActorSelection(path).ResolveOne(Eventually.Deadline);
        using var inbox = Inbox.Create(System);
        inbox.Watch(actor);
        actor.Tell(Kill.Instance);
        Assert.IsType<Terminated>(await inbox.ReceiveAsync(Eventually.Deadline));
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        _runDirectory.Dispose();
    }

    private sealed class Lifetime : IDaemonLifetime
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ready => _ready.Task;

        public void Listening() => _ready.TrySetResult();

        public void Idle()
        {
            // No test takes so long.
        }

        public void Fail(string reason) => _ready.TrySetException(new InvalidOperationException(reason));
    }
}

using Akka.Actor;
using Akka.Hosting;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Gateway;
using KataActors.Runtime.Persistence;
using Microsoft.Extensions.Logging;
using Serilog.Events;
using LogLevel = Akka.Event.LogLevel;

namespace KataActors.Runtime.Hosting;

/// <summary>Composes the daemon's actor system. Tests call the same methods.</summary>
internal static class KataActorsHosting
{
    /// <summary>Name of the actor system.</summary>
    public const string SystemName = "kata-actors";

    // From the list of the sandboxes to their state, each from its own journal, with reserve.
    private static readonly TimeSpan s_replay = TimeSpan.FromSeconds(50);

    /// <summary>The whole actor tree, on the journal in the state directory.</summary>
    /// <param name="builder">The builder of the actor system.</param>
    /// <param name="configuration">The configuration as read.</param>
    /// <param name="settings">The checked configuration.</param>
    /// <param name="paths">The files of the daemon.</param>
    /// <param name="lifetime">Ends the daemon.</param>
    /// <param name="logs">The daemon's log.</param>
    /// <param name="journalProblem">Why the journal's file cannot be used now; null when it can.</param>
    public static AkkaConfigurationBuilder AddKataActors(
        this AkkaConfigurationBuilder builder,
        DaemonConfiguration configuration,
        DaemonSettings settings,
        DaemonPaths paths,
        IDaemonLifetime lifetime,
        ILoggerFactory logs,
        string? journalProblem = null)
    {
        var descriptors = new DescriptorTable(TimeProvider.System);
        return builder
            .AddHocon(configuration.Merged, HoconAddMode.Prepend)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.LogLevel = Level(settings.Log.Level);
                loggers.AddLoggerFactory(logs);
            })
            .AddJournalEvents()
            .AddSqliteJournal(paths.JournalFile)
            .AddSandboxes(settings, paths, descriptors, journalProblem)
            .AddGateway(Gateway(settings, paths), settings.Deadlines, descriptors, lifetime, logs, TimeProvider.System)
            .EndWithAnyOfTheTop(lifetime);
    }

    /// <summary>A top-level actor stays stopped beyond its restart limit: the daemon then ends, and its successor starts anew.</summary>
    internal static AkkaConfigurationBuilder EndWithAnyOfTheTop(this AkkaConfigurationBuilder builder, IDaemonLifetime lifetime) => builder.AddStartup((system, registry) =>
    {
        foreach (var actor in new[] { registry.Get<FactoryActor>(), registry.Get<JournalKeeperActor>(), registry.Get<GatewayActor>() })
        {
            _ = actor.WatchAsync(CancellationToken.None).ContinueWith(
                _ =>
                {
                    if (CoordinatedShutdown.Get(system).ShutdownReason is null)
                    {
                        lifetime.Fail($"the actor \"{actor.Path.Name}\" failed");
                    }
                },
                TaskScheduler.Default);
        }
    });

    private static GatewaySettings Gateway(DaemonSettings settings, DaemonPaths paths) =>
        new(paths.Socket, settings.Factory.PoolMaximum > 0 ? null : settings.IdleExit) { Ready = settings.Deadlines.Journal + s_replay };

    private static LogLevel Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => LogLevel.DebugLevel,
        LogEventLevel.Information => LogLevel.InfoLevel,
        LogEventLevel.Warning => LogLevel.WarningLevel,
        _ => LogLevel.ErrorLevel,
    };
}

using Akka.Hosting;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Factory;
using KataActors.Runtime.HostCheck;
using KataActors.Runtime.Logging;
using KataActors.Runtime.Persistence;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

namespace KataActors.Runtime.Hosting;

/// <summary>The process <c>kata-actorsd</c>, from its command line to its exit code.</summary>
internal static class Daemon
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int Usage = 2;

    // A predecessor that has removed its socket is gone within this time.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_shutdownTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Runs until a signal, idleness or a failure ends it.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var options = DaemonOptions.Parse(arguments);
            switch (options.Answer)
            {
                case DaemonAnswer.Help:
                    StandardStreams.Answer(new DaemonCommandLine().Help());
                    return Done;
                case DaemonAnswer.Version:
                    StandardStreams.Answer($"kata-actorsd {Product.Version}\n");
                    return Done;
                case DaemonAnswer.Check when HostQuestion.Check(options) is { } verdict:
                    Say(verdict);
                    return Failed;
                case DaemonAnswer.Check:
                    return Done;
                case DaemonAnswer.Environment:
                    HostQuestion.Environment(options);
                    return Done;
                default:
                    return await RunAsync(options).ConfigureAwait(false);
            }
        }
        catch (UsageException e)
        {
            Say($"{e.Message}; see kata-actorsd --help");
            return Usage;
        }
        catch (Exception e) when (e is StartupException or SettingsException)
        {
            Say(e.Message);
            return Failed;
        }
        catch (Exception e)
        {
            // For example a section "akka" that Akka.NET rejects. An exception that leaves Main would dump core. The starter shows the last line.
            StandardStreams.Complain($"{e}\n");
            Say($"unexpected failure: {e.Message}");
            return Failed;
        }
    }

    private static async Task<int> RunAsync(DaemonOptions options)
    {
        using var hangup = ProcessHygiene.LeaveStarter();
        ChrootCheck.Run();
        var install = InstallPaths.OfThisProcess();
        var configuration = DaemonConfiguration.Load(install.Reference, options.ConfigFile ?? DaemonOptions.UsualConfigFile());
        var settings = Override(DaemonSettings.Create(configuration, install), options);
        using var runDirectory = await RunDirectory.ClaimAsync(options.Paths, s_patience, CancellationToken.None).ConfigureAwait(false);
        var journalProblem = await FindJournalProblemAsync(options.Paths.JournalFile, settings.Deadlines.Journal).ConfigureAwait(false);
        FactoryRestrictions.Check(settings.Factory, options.Paths.TemplateFolder(settings.Factory));

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddSerilog(OpenLog(settings.Log, options.Paths), dispose: true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = s_shutdownTimeout);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.Services.AddSingleton(runDirectory);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<DaemonLifetime>();
        builder.Services.AddAkka(KataActorsHosting.SystemName, (akka, services) => akka.AddKataActors(
            configuration, settings, options.Paths, services.GetRequiredService<DaemonLifetime>(), services.GetRequiredService<ILoggerFactory>(), journalProblem));
        using var host = builder.Build();
        var lifetime = host.Services.GetRequiredService<DaemonLifetime>();
        lifetime.Starting();
        await host.RunAsync().ConfigureAwait(false);
        if (lifetime.Failure is { } failure)
        {
            Say(failure);
            return Failed;
        }

        return Done;
    }

    // A hanging file system must not prevent the kill of sandboxes.
    private static async Task<string?> FindJournalProblemAsync(string file, TimeSpan patience)
    {
        try
        {
            await Task.Run(() => JournalFile.Prepare(file)).WaitAsync(patience).ConfigureAwait(false);
            return null;
        }
        catch (StartupException e)
        {
            return e.Message;
        }
        catch (TimeoutException)
        {
            return $"journal \"{file}\" cannot be used: it was not opened within {patience.TotalSeconds} s";
        }
    }

    // The cause of an unwritable journal may affect the log beside it, too.
    private static Serilog.Core.Logger OpenLog(LogSettings log, DaemonPaths paths)
    {
        try
        {
            return LogWriter.Open(log);
        }
        catch (StartupException e) when (log.File == paths.LogFile)
        {
            var substitute = LogWriter.Open(log with { File = paths.SubstituteLogFile });
            substitute.Error("{Problem}; the log is here instead", e.Message);
            return substitute;
        }
    }

    private static DaemonSettings Override(DaemonSettings settings, DaemonOptions options) => settings with
    {
        Log = settings.Log with
        {
            File = options.LogFile ?? (settings.Log.File is "" ? options.Paths.LogFile : settings.Log.File),
            FollowsLinks = options.LogFile is not null || settings.Log.File is not "",
            Level = options.Debug ? LogEventLevel.Debug : settings.Log.Level,
        },
    };

    private static void Say(string message) => StandardStreams.Complain($"kata-actorsd: {message}\n");
}

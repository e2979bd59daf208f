using KataActors.Linux;
using KataActors.Runtime.Configuration;
using KataActors.Runtime.Hosting;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Compact;

namespace KataActors.Runtime.Logging;

/// <summary>Opens the log: a file that is rolled over when full, or standard error.</summary>
internal static class LogWriter
{
    private const string Nowhere = "/dev/null";
    private const uint FileMode = 0b110_000_000;

    /// <summary>The open log; the caller disposes it, which flushes it.</summary>
    /// <exception cref="StartupException">The file cannot be written.</exception>
    public static Serilog.Core.Logger Open(LogSettings settings)
    {
        ITextFormatter formatter = settings.Format == LogFormat.Json ? new RenderedCompactJsonFormatter() : new TextFormatter();
        var configuration = new LoggerConfiguration()
            .MinimumLevel.Is(settings.Level)
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .Enrich.With<SandboxEnricher>();
        if (settings.File is { } named)
        {
            var file = settings.FollowsLinks ? Target(named) : named;
            if (file == Nowhere)
            {
                return configuration.CreateLogger();
            }

            CheckWritable(file);
            configuration = configuration.WriteTo.File(
                formatter,
                file,
                fileSizeLimitBytes: settings.MaxFileBytes,
                rollOnFileSizeLimit: true,
                retainedFileCountLimit: settings.MaxFiles);
        }
        else
        {
            configuration = configuration.WriteTo.Sink(new StandardErrorSink(formatter));
        }

        return configuration.CreateLogger();
    }

    // The file may not exist yet. A link that cannot be followed is refused.
    private static string Target(string file)
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file;
        }
        catch (IOException)
        {
            return file;
        }
    }

    // Checked here, because the file sink would swallow the failure.
    private static void CheckWritable(string file)
    {
        try
        {
            RegularFile.OpenOrCreate(file, OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.NoFollow, FileMode).Dispose();
        }
        catch (LinuxException e)
        {
            throw new StartupException($"log file \"{file}\" cannot be written: {e.Cause}", e);
        }
    }
}

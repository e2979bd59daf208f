using System.Globalization;
using KataActors.Linux;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;

namespace KataActors.Runtime.Logging;

/// <summary>One line for people: time, level, sandbox and container where known, message. An exception follows on lines of its own, indented.</summary>
internal sealed class TextFormatter : ITextFormatter
{
    private const int LongestLine = 8192;

    // Strings without quotes.
    private static readonly MessageTemplateTextFormatter s_message = new("{Message:lj}", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public void Format(LogEvent logEvent, TextWriter output)
    {
        output.Write(logEvent.Timestamp.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        output.Write(' ');
        output.Write(Level(logEvent.Level));
        WriteId(output, "sandbox", logEvent, SandboxEnricher.Sandbox);
        WriteId(output, "container", logEvent, SandboxEnricher.Container);
        output.Write(' ');

        // Escaped: a caller's text must not be able to forge a line.
        using var message = new StringWriter(CultureInfo.InvariantCulture);
        s_message.Format(logEvent, message);
        output.WriteLine(PrintableText.Of(message.ToString(), LongestLine));
        foreach (var line in logEvent.Exception?.ToString().Split('\n') ?? [])
        {
            output.WriteLine("    " + PrintableText.Of(line.TrimEnd('\r'), LongestLine));
        }
    }

    private static string Level(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose or LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "info",
        LogEventLevel.Warning => "warning",
        _ => "error",
    };

    private static void WriteId(TextWriter output, string name, LogEvent logEvent, string property)
    {
        if (logEvent.Properties.TryGetValue(property, out var value) && value is ScalarValue { Value: { } id })
        {
            output.Write($" {name}={id}");
        }
    }
}

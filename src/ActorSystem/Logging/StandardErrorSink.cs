using KataActors.Runtime.Hosting;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace KataActors.Runtime.Logging;

/// <summary>Standard error as the log: each entry is one write.</summary>
internal sealed class StandardErrorSink(ITextFormatter formatter) : ILogEventSink
{
    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        using var text = new StringWriter();
        formatter.Format(logEvent, text);
        StandardStreams.Complain(text.ToString());
    }
}

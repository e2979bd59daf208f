using KataActors.Runtime.Logging;
using Serilog.Events;
using Serilog.Parsing;
using Xunit;

namespace KataActors.Runtime.Tests.Logging;

public sealed class TextFormatterSpecs
{
    [Fact]
    public void Should_write_one_bounded_printable_line_when_a_message_quotes_hostile_text()
    {
        var line = Format("no\n2026-01-01T00:00:00.000Z error forged\u001b[2J\u202e" + new string('x', 1_000_000), null);

        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.Contains(@"no\n2026-01-01T00:00:00.000Z error forged\u001b[2J\u202exxx", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 8192, 9000);
    }

    [Fact]
    public void Should_not_begin_a_line_with_what_an_exception_says()
    {
        var text = Format("failed", new InvalidOperationException("no\n2026-01-01T00:00:00.000Z error forged\u001b[2J"));

        Assert.All(text.TrimEnd('\n').Split('\n').Skip(1), line => Assert.StartsWith("    ", line, StringComparison.Ordinal));
        Assert.DoesNotContain('\u001b', text);
    }

    private static string Format(string text, Exception? exception)
    {
        using var output = new StringWriter();
        var template = new MessageTemplateParser().Parse("{Text}");
        new TextFormatter().Format(
            new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Error, exception, template, [new LogEventProperty("Text", new ScalarValue(text))]), output);
        return output.ToString();
    }
}

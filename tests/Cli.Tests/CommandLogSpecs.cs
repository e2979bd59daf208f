using System.Text;
using KataActors.Cli.Output;

namespace KataActors.Cli.Tests;

public class CommandLogSpecs
{
    private static readonly DateTime s_time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public void Should_write_runcs_json_line_when_the_format_is_json() => Assert.Equal(
        """{"level":"error","msg":"container \"x\" line\n2","time":"2026-01-02T03:04:05Z"}""" + "\n",
        Encoding.UTF8.GetString(CommandLog.Entry(json: true, "error", "container \"x\" line\n2", s_time)));

    [Fact]
    public void Should_write_runcs_text_line_when_the_format_is_text() => Assert.Equal(
        """time="2026-01-02T03:04:05Z" level=warning msg="container \"x\" line\n2" """.TrimEnd() + "\n",
        Encoding.UTF8.GetString(CommandLog.Entry(json: false, "warning", "container \"x\" line\n2", s_time)));
}

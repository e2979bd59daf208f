using KataActors.Runtime.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Xunit;

namespace KataActors.Runtime.Tests.Logging;

public sealed class SandboxEnricherSpecs
{
    [Theory]
    [InlineData("akka://kata-actors/user/sandboxes/abc", "abc", null)]
    [InlineData("[akka://kata-actors/user/sandboxes/abc/hypervisor#12]", "abc", null)]
    [InlineData("akka://kata-actors/user/sandboxes/abc~2/container-c%2B1#7", "abc", "c+1")]
    [InlineData("akka://kata-actors/user/sandboxes/abc/container-c1~2/init", "abc", "c1")]
    [InlineData("akka://kata-actors/user/sandboxes/abc/agent~2", "abc", null)]
    public void Should_find_the_ids_in_an_actors_path(string source, string sandbox, string? container) =>
        Assert.Equal((sandbox, container), SandboxEnricher.Parse(source));

    [Theory]
    [InlineData("akka://kata-actors/user/sandboxes")]
    [InlineData("akka://kata-actors/user/sandboxes/")]
    [InlineData("akka://kata-actors/user/gateway")]
    [InlineData("")]
    public void Should_find_none_elsewhere(string source) => Assert.Null(SandboxEnricher.Parse(source));

    [Fact]
    public void Should_write_ids_message_and_exception_in_text()
    {
        var output = new StringWriter();
        using (var log = new LoggerConfiguration().Enrich.With<SandboxEnricher>().WriteTo.Sink(new FormatterSink(output)).CreateLogger())
        {
            log.ForContext("LogSource", "akka://kata-actors/user/sandboxes/s1/container-c1").Warning(new InvalidOperationException("cause"), "told {What}", "this\nthat");
        }

        var lines = output.ToString().Split('\n');
        Assert.Matches("""^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning sandbox=s1 container=c1 told this\\nthat$""", lines[0]);
        Assert.Equal("    System.InvalidOperationException: cause", lines[1]);
    }

    private sealed class FormatterSink(TextWriter output) : ILogEventSink
    {
        public void Emit(LogEvent logEvent) => new TextFormatter().Format(logEvent, output);
    }
}

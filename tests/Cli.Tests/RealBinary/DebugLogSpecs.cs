using System.Text.Json;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The output of <c>--debug</c> in the file of <c>--log</c>: the command's steps and their durations.</summary>
public class DebugLogSpecs
{
    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Should_tell_what_run_does(string format)
    {
        await using var fixture = new CliFixture();
        using var run = fixture.Start(["--debug", "--log", fixture.File("log"), "--log-format", format, "run", "--bundle", fixture.Bundle, "c1"]);
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<StartRequest>().Any());
        fixture.Daemon!["c1"].Exit(7);
        Assert.Equal(new CommandResult(7, "", ""), await run.WaitAsync());

        var messages = Messages(fixture, format);
        Assert.Equal(
            $"process {run.Pid}: kata-actors --address {fixture.Address} --debug --log {fixture.File("log")} --log-format {format} run --bundle {fixture.Bundle} c1", messages[0]);
        Assert.Contains($"bundle \"{fixture.Bundle}\": config.json has {new FileInfo(Path.Combine(fixture.Bundle, "config.json")).Length} bytes", messages);
        Assert.Contains($"the daemon listens on \"{fixture.Address}\"", messages);
        var standIn = fixture.Daemon.Requests.OfType<CreateRequest>().Single().StandIn.Pid;
        Assert.Contains($"the stand-in of container \"c1\" is process {standIn}", messages);
        Assert.Equal(
            ["Version", "Create", "Start", "State", "Delete"],
            messages.Select(message => System.Text.RegularExpressions.Regex.Match(message, "^request ([A-Za-z]+) took [0-9]+[.][0-9] ms$")).Where(match => match.Success).Select(match => match.Groups[1].Value));
        Assert.Equal("exit code 7", messages[^1]);
    }

    [Theory]
    [InlineData("state c1", 0)]
    [InlineData("list", 0)]
    [InlineData("start c1", 0)]
    [InlineData("kill c1", 0)]
    [InlineData("update --pids-limit 5 c1", 0)]
    [InlineData("delete c1", 0)]
    [InlineData("delete unknown", 1)]
    [InlineData("sandbox list", 0)]
    [InlineData("factory status", 0)]
    [InlineData("factory destroy", 0)]
    [InlineData("features", 0)]
    [InlineData("version", 0)]
    [InlineData("spec", 1)]
    [InlineData("--version", 0)]
    public async Task Should_frame_every_command_by_its_line_and_its_exit_code(string line, int code)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        var result = await fixture.RunAsync(["--debug", "--log", fixture.File("log"), .. line.Split(' ')], directory: fixture.Bundle);

        Assert.Equal(code, result.ExitCode);
        var messages = Messages(fixture, "text");
        Assert.EndsWith($" --log {fixture.File("log")} {line}", messages[0], StringComparison.Ordinal);
        Assert.Equal($"exit code {code}", messages[^1]);
    }

    [Fact]
    public async Task Should_tell_how_a_request_failed()
    {
        await using var fixture = new CliFixture();

        await fixture.RunAsync("--debug", "--log", fixture.File("log"), "state", "c1");

        Assert.Contains(
            Messages(fixture, "text"),
            message => message.StartsWith("request State failed after ", StringComparison.Ordinal) && message.EndsWith(" ms: container \"c1\" does not exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_write_nothing_when_it_is_not_asked_for()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        Assert.Equal(0, (await fixture.RunAsync("--log", fixture.File("log"), "state", "c1")).ExitCode);

        Assert.Equal("", fixture.Read("log"));
    }

    [Fact]
    public async Task Should_do_its_work_when_the_log_is_full()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        var folder = Directory.CreateDirectory(fixture.File("full")).FullName;
        Mounts.Mount("full", folder, "tmpfs", MountOptions.None, $"size={Environment.SystemPageSize}");
        try
        {
            var log = Path.Combine(folder, "log");
            await File.WriteAllBytesAsync(log, new byte[Environment.SystemPageSize]);

            Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("--debug", "--log", log, "start", "c1"));

            Assert.Equal(Environment.SystemPageSize, new FileInfo(log).Length);
            Assert.Equal("running", fixture.Daemon["c1"].Status);
        }
        finally
        {
            Mounts.Unmount(folder, detach: true);
        }
    }

    // Of the debug entries.
    private static string[] Messages(CliFixture fixture, string format) => [.. fixture.Read("log").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(entry => format == "json" ? FromJson(entry) : FromText(entry))
        .Where(entry => entry.Level == "debug")
        .Select(entry => entry.Message)];

    private static (string Level, string Message) FromJson(string entry)
    {
        var json = JsonDocument.Parse(entry).RootElement;
        return (json.GetProperty("level").GetString()!, json.GetProperty("msg").GetString()!);
    }

    private static (string Level, string Message) FromText(string entry)
    {
        var fields = entry.Split(' ', 3);
        return (fields[1]["level=".Length..], fields[2]["msg=\"".Length..^1].Replace("\\\"", "\"", StringComparison.Ordinal));
    }
}

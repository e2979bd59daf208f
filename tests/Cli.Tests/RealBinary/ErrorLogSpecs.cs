using System.Globalization;
using System.Text.Json;
using KataActors.Manual;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>
/// The error of a failed command in the file of <c>--log</c>. containerd's runc shim takes the message of the last entry of level error from it (go-runc), podman
/// the message of the only entry.
/// </summary>
public class ErrorLogSpecs
{
    private static readonly IReadOnlyList<CommandEntry> s_verbs = [.. CommandEntry.Root().All().Where(command => command.Subcommands.Count == 0)];

    /// <summary>All verbs, as the words of a command line.</summary>
    public static TheoryData<string> Verbs => [.. s_verbs.Select(verb => string.Join(' ', verb.Words))];

    /// <summary>The verbs that begin with an id.</summary>
    public static TheoryData<string> VerbsWithId =>
        [.. s_verbs.Where(verb => verb.Arguments is [{ Name: "container-id" or "sandbox-id" }, ..]).Select(verb => string.Join(' ', verb.Words))];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Should_log_a_wrong_command_line_as_runc_does(string verb) =>
        await LeavesOneEntryAsync($"{verb} --frob", 2, $"flag \"--frob\" of \"{verb.Split(' ')[^1]}\" is unknown");

    [Theory]
    [MemberData(nameof(VerbsWithId))]
    public async Task Should_log_an_invalid_id(string verb)
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync(["--log", fixture.File("log"), "--log-format", "json", .. verb.Split(' '), "a/b", .. verb == "exec" ? ["sh"] : Array.Empty<string>()]);

        Assert.NotEqual(0, result.ExitCode);
        AssertSingleError(fixture, result);
        Assert.Contains("id \"a/b\" is invalid: only letters, digits and", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 2, "a command is needed: see --help")]
    [InlineData("frob", 2, "unrecognized command or argument 'frob'")]
    [InlineData("factory", 2, "\"factory\": required command was not provided")]
    [InlineData("state", 2, "\"state\" needs a container id")]
    [InlineData("state c1 c2", 2, "unrecognized command or argument 'c2'")]
    [InlineData("create --bundle", 2, "required argument missing for option: '--bundle'")]
    [InlineData("create --preserve-fds many c1", 2, "cannot parse argument 'many' for option '--preserve-fds' as expected type 'System.Int32'")]
    [InlineData("kill c1 FROB", 1, "signal \"FROB\" is unknown")]
    [InlineData("list -f xml", 1, "format \"xml\" is unknown")]
    [InlineData("update c1", 2, "\"update\" needs at least one limit to change")]
    [InlineData("start c1", 1, "container \"c1\" does not exist")]
    [InlineData("delete c1", 1, "container \"c1\" does not exist")]
    [InlineData("exec c1 sh", 255, "exec failed: container \"c1\" does not exist")]
    [InlineData("run --bundle /no/such c1", 1, "bundle \"/no/such\": no such file or directory")]
    [InlineData("spec --bundle /no/such", 1, "open \"/no/such/config.json\": no such file or directory")]
    [InlineData("--rootless=true frob", 2, "unrecognized command or argument 'frob'")]
    public async Task Should_log_what_went_wrong(string line, int code, string message) => await LeavesOneEntryAsync(line, code, message);

    [Fact]
    public async Task Should_leave_the_error_as_the_last_entry_behind_warnings()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["process"]!["apparmorProfile"] = "strict");
        fixture.OnCreate = (_, _) => throw new Protocol.Ttrpc.TtrpcException(Protocol.Ttrpc.StatusCode.Internal, "no VM");

        var result = await fixture.RunAsync("--log", fixture.File("log"), "--log-format", "json", "create", "--bundle", fixture.Bundle, "c1");

        Assert.Equal(new CommandResult(1, "", "kata-actors: no VM\n"), result);
        var entries = Entries(fixture);
        Assert.All(entries[..^1], entry => Assert.Equal("warning", entry.GetProperty("level").GetString()));
        Assert.Contains(entries, entry => entry.GetProperty("msg").GetString()!.Contains("process.apparmorProfile", StringComparison.Ordinal));
        Assert.Equal(("error", "no VM"), (entries[^1].GetProperty("level").GetString(), entries[^1].GetProperty("msg").GetString()));
    }

    [Theory]
    [InlineData("--log")]
    [InlineData("--log-format xml")]
    [InlineData("--log /no/such/log")]
    public async Task Should_still_complain_when_the_flags_of_the_log_are_wrong(string flags)
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync([.. flags.Split(' '), "frob"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.StartsWith("kata-actors: ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Should_frame_a_wrong_command_line_when_debugging(string format)
    {
        await using var fixture = new CliFixture();
        await fixture.RunAsync("--debug", "--log", fixture.File("log"), "--log-format", format, "state", "--frob");
        var lines = await File.ReadAllLinesAsync(fixture.File("log"), Deadline.Token);
        Assert.Contains("state --frob", lines[0], StringComparison.Ordinal);
        Assert.Contains("exit code 2", lines[^1], StringComparison.Ordinal);
        Assert.Single(lines, line => line.Contains(format == "json" ? "\"level\":\"error\"" : "level=error", StringComparison.Ordinal));
    }

    private static async Task LeavesOneEntryAsync(string line, int code, string message)
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync(["--log", fixture.File("log"), "--log-format", "json", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((code, $"kata-actors: {message}\n"), (result.ExitCode, result.Errors));
        AssertSingleError(fixture, result);
    }

    private static void AssertSingleError(CliFixture fixture, CommandResult result)
    {
        var entry = Assert.Single(Entries(fixture));
        Assert.Equal(["level", "msg", "time"], entry.EnumerateObject().Select(member => member.Name));
        Assert.Equal("error", entry.GetProperty("level").GetString());
        Assert.Equal(result.Errors, $"kata-actors: {entry.GetProperty("msg").GetString()}\n");
        var time = DateTimeOffset.ParseExact(entry.GetProperty("time").GetString()!, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture);
        Assert.InRange(DateTimeOffset.UtcNow - time, TimeSpan.FromSeconds(-2), TimeSpan.FromMinutes(5));
    }

    private static JsonElement[] Entries(CliFixture fixture) =>
        [.. File.ReadAllLines(fixture.File("log")).Select(line => JsonDocument.Parse(line).RootElement)];
}

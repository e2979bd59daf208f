using System.Text;
using System.Text.Json.Nodes;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The process that <c>exec</c> asks the daemon for.</summary>
public class ExecRequestSpecs
{
    [Theory]
    [InlineData("c1 ls -l", """{"args": ["ls", "-l"]}""")]
    [InlineData("c1 sh -c -d --user=5", """{"args": ["sh", "-c", "-d", "--user=5"]}""")]
    [InlineData("-- c1 ls -- -d", """{"args": ["ls", "--", "-d"]}""")]
    [InlineData("c1 -- ls", """{"args": ["--", "ls"]}""")]
    [InlineData("-u 1000 c1 id", """{"args": ["id"], "user": {"uid": 1000, "gid": 0}}""")]
    [InlineData("--user 1000:100 -g 5 --additional-gids 6 c1 id", """{"args": ["id"], "user": {"uid": 1000, "gid": 100, "additionalGids": [5, 6]}}""")]
    [InlineData("--cwd /tmp c1 pwd", """{"args": ["pwd"], "cwd": "/tmp"}""")]
    [InlineData("-e PATH=/bin --env B=x=y c1 env", """{"args": ["env"], "env": ["TERM=xterm", "PATH=/bin", "B=x=y"]}""")]
    [InlineData("--no-new-privs --ignore-paused --preserve-fds 0 c1 sh", """{"args": ["sh"]}""")]
    public async Task Should_change_the_first_process_as_the_flags_say(string line, string change) => await ChangesAsync(line.Split(' '), change);

    [Fact]
    public async Task Should_take_an_empty_value_for_none() =>
        await ChangesAsync(["--cwd", "", "--user", "", "--apparmor", "", "c1", "pwd", ""], """{"args": ["pwd", ""]}""");

    [Fact]
    public async Task Should_add_a_capability()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("exec", "-d", "-c", "CAP_MKNOD", "--cap", "CAP_KILL", "c1", "sh"));

        var sets = Parse(Sent(fixture).Spec.ToByteArray()).Capabilities!;
        string[] expected = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_MKNOD"];
        Assert.All([sets.Bounding, sets.Effective, sets.Permitted, sets.Ambient], set => Assert.Equal(expected, set));
        Assert.Empty(sets.Inheritable);
    }

    [Fact]
    public async Task Should_send_the_file_of_a_process_as_it_is_under_an_id_of_its_own()
    {
        const string document = """{"args": ["id"], "cwd": "/", "user": {"uid": 7}, "more": 1}""";
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        await File.WriteAllTextAsync(fixture.File("process.json"), document);
        string[] exec = ["--root", "/r", "exec", "--process", "process.json", "--detach", "c1"];

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(exec, directory: Path.GetDirectoryName(fixture.PidFile)));
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(exec, directory: Path.GetDirectoryName(fixture.PidFile)));

        var requests = fixture.Daemon!.Requests.OfType<ExecRequest>().ToArray();
        Assert.Equal(2, requests.DistinctBy(request => request.Process).Count());
        Assert.All(requests, request =>
        {
            Assert.Matches("^[0-9a-f]{32}$", request.Process);
            Assert.Equal(document, request.Spec.ToStringUtf8());
            Assert.Equal(("/r", "c1"), (request.Container.Root, request.Container.Id));
        });
        Assert.All(fixture.StandIns, standIn => Assert.True(standIn.IsAlive()));
    }

    [Fact]
    public async Task Should_give_the_process_no_terminal_and_its_stand_in_nothing_but_the_streams()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var secret = File.OpenHandle("/proc/self/stat");

        await fixture.RunAsync(["exec", "-d", "c1", "sh"], stdio: [null, null, null, secret]);

        Assert.False(Parse(Sent(fixture).Spec.ToByteArray()).Terminal);
        var pid = Assert.Single(container.Added).StandIn.Pid;
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<ReadOutputRequest>().Count() >= 2);
        Assert.DoesNotContain(Directory.GetFiles($"/proc/{pid}/fd"), link => (new FileInfo(link).LinkTarget ?? "").Contains("/stat", StringComparison.Ordinal));
        Assert.Equal(new FileInfo("/proc/self/ns/net").LinkTarget, new FileInfo($"/proc/{pid}/ns/net").LinkTarget);
    }

    [Fact]
    public async Task Should_warn_of_what_has_no_effect()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        fixture.WriteSpec(spec => spec["process"]!["selinuxLabel"] = "l");

        var result = await fixture.RunAsync("--log", fixture.File("log"), "exec", "-d", "--cap", "CAP_FLY", "--apparmor", "p", "--process-label", "m", "c1", "sh");

        // The label was there before.
        string[] warnings = ["process.apparmorProfile is not applied", "process.capabilities: \"CAP_FLY\" is unknown and not given"];
        Assert.Equal(new CommandResult(0, "", string.Concat(warnings.Select(warning => $"kata-actors: warning: {warning}\n"))), result);
        Assert.Contains("level=warning msg=\"container \\\"c1\\\": process.selinuxLabel is not applied\"", fixture.Read("log"));
        Assert.Contains("level=warning msg=\"process.apparmorProfile is not applied\"", fixture.Read("log"));
    }

    private static async Task ChangesAsync(string[] words, string change)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(["exec", "-d", .. words]));

        var expected = JsonNode.Parse(DefaultSpec.Json)!["process"]!.AsObject();
        expected["terminal"] = false;
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            expected[name] = value!.DeepClone();
        }

        Assert.Equal(Normal(expected.ToJsonString()), Normal(Sent(fixture).Spec.ToStringUtf8()));
    }

    private static ExecRequest Sent(CliFixture fixture) => Assert.Single(fixture.Daemon!.Requests.OfType<ExecRequest>());

    private static string Normal(string process) => Encoding.UTF8.GetString(ProcessParser.Write(Parse(Encoding.UTF8.GetBytes(process))));

    private static ProcessSpec Parse(byte[] json)
    {
        Assert.True(ProcessParser.TryParse(json, out var process, out var error), error?.Message);
        return process;
    }
}

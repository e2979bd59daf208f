using System.Text;
using System.Text.Json;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The verbs with one request to the daemon, and those without a request.</summary>
public class VerbSpecs
{
    [Fact]
    public async Task Should_print_the_state_when_the_daemon_knows_the_container()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        var result = await fixture.RunAsync("--root", "/r/x", "state", "c1");
        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        var state = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal("c1", state.GetProperty("id").GetString());
        Assert.Equal("created", state.GetProperty("status").GetString());
        Assert.Equal("2023-11-14T22:13:20.1234567Z", state.GetProperty("created").GetString());
        Assert.Equal("/r/x", Assert.IsType<StateRequest>(Assert.Single(fixture.Daemon.Requests)).Container.Root);
    }

    [Fact]
    public async Task Should_fail_in_the_daemons_words_when_it_does_not_know_the_container()
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync("--log", fixture.File("log"), "--log-format", "json", "state", "c1");
        Assert.Equal(new CommandResult(1, "", "kata-actors: container \"c1\" does not exist\n"), result);
        var entry = JsonDocument.Parse(Assert.Single(System.IO.File.ReadAllLines(fixture.File("log")))).RootElement;
        Assert.Equal("error", entry.GetProperty("level").GetString());
        Assert.Equal("container \"c1\" does not exist", entry.GetProperty("msg").GetString());
    }

    [Fact]
    public async Task Should_list_in_each_format()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c2");
        fixture.Daemon.Add("c1");
        Assert.Equal("c1\nc2\n", (await fixture.RunAsync("list", "-q")).Output);
        Assert.Equal(2, JsonDocument.Parse((await fixture.RunAsync("list", "-f", "json")).Output).RootElement.GetArrayLength());
        var table = (await fixture.RunAsync("list")).Output.Split('\n');
        Assert.StartsWith("ID          PID         STATUS", table[0]);
        Assert.EndsWith("root", table[1]);
        Assert.Equal(new CommandResult(1, "", "kata-actors: format \"xml\" is unknown\n"), await fixture.RunAsync("list", "-f", "xml"));
    }

    [Theory]
    [InlineData("kill c1", 15u, false)]
    [InlineData("kill c1 9", 9u, false)]
    [InlineData("kill --all c1 SIGUSR1", 10u, true)]
    [InlineData("kill c1 usr2", 12u, false)]
    [InlineData("kill c1 0", 0u, false)]
    [InlineData("kill -a c1 0", 0u, true)]
    public async Task Should_send_the_signal(string line, uint signal, bool all)
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(line.Split(' ')));
        Assert.Equal([(signal, all)], container.Signals);
    }

    [Fact]
    public async Task Should_start_and_delete()
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("start", "c1"));
        Assert.Equal("running", container.Status);
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("delete", "c1"));
        Assert.Equal(1, (await fixture.RunAsync("delete", "c1")).ExitCode);
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("delete", "--force", "c1"));
    }

    [Fact]
    public async Task Should_show_sandboxes_to_people_and_programs()
    {
        await using var fixture = new CliFixture();
        var summary = new SandboxSummary { Id = "s1", Root = "/r", Status = "running", VmmPid = 77, ContainerCount = 1 };
        fixture.Daemon!.Sandboxes = new ListSandboxesResponse { Sandboxes = { summary } };
        fixture.Daemon.Sandbox = new InspectSandboxResponse
        {
            Sandbox = summary,
            HostName = "s1",
            VcpuTids = { 78, 79 },
            Cgroups = { "/sys/fs/cgroup/cpu/kata/s1/vcpu" },
            VmSource = "cold",
            Timings = { new StepTiming { Step = "launch VM", StartUs = 1500, DurationUs = 1_200_000 } },
            Actors = { "/user/sandboxes/s1/agent", "/user/sandboxes/s1" },
        };
        Assert.Equal("s1\n", (await fixture.RunAsync("sandbox", "list", "-q")).Output);
        Assert.Contains("s1          /r          running     77", (await fixture.RunAsync("sandbox", "list")).Output);
        var report = (await fixture.RunAsync("sandbox", "inspect", "s1")).Output;
        Assert.Contains("VMM pid         77\n", report);
        Assert.Contains("vCPU tids       78 79\n", report);
        Assert.Contains("launch VM                at    1.5 ms  took 1200.0 ms", report);
        Assert.Contains("  /user/sandboxes/s1\n    /agent\n", report);
        var json = JsonDocument.Parse((await fixture.RunAsync("sandbox", "inspect", "s1", "--format", "json")).Output).RootElement;
        Assert.Equal([78, 79], json.GetProperty("vcpuTids").EnumerateArray().Select(tid => tid.GetInt32()));
    }

    [Fact]
    public async Task Should_warn_that_nothing_can_be_created()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Sandboxes = new ListSandboxesResponse { Sandboxes = { new SandboxSummary { Id = "s1", Root = "/r" } }, JournalProblem = "journal \"j\" cannot be used: database or disk is full" };

        Assert.Equal(
            new CommandResult(0, "s1\n", "kata-actors: warning: no container can be created: journal \"j\" cannot be used: database or disk is full\n"),
            await fixture.RunAsync("sandbox", "list", "-q"));
    }

    // SandboxJsonSpecs and FactoryJsonSpecs test the same documents, but not in the published program, which is compiled differently.
    [Fact]
    public async Task Should_write_the_documents_for_programs_to_the_last_byte()
    {
        await using var fixture = new CliFixture();
        var summary = new SandboxSummary { Id = "s1", Root = "/r" };
        var sandbox = new InspectSandboxResponse { Sandbox = summary, HostCgroups = new HostCgroups { MemoryLimitBytes = 1 }, Containers = { new Container { ExitCode = 1 } }, Timings = { new StepTiming() } };
        fixture.Daemon!.Sandboxes = new ListSandboxesResponse { Sandboxes = { summary } };
        fixture.Daemon.Sandbox = sandbox;
        fixture.Daemon.Factory.Template = new FactoryTemplate { Manifest = Google.Protobuf.ByteString.CopyFromUtf8("""{"a":[1]}""") };

        Assert.Equal(Encoding.UTF8.GetString(SandboxJson.List([summary])), (await fixture.RunAsync("sandbox", "list", "--format", "json")).Output);
        Assert.Equal(Encoding.UTF8.GetString(SandboxJson.Inspect(sandbox)), (await fixture.RunAsync("sandbox", "inspect", "s1", "--format", "json")).Output);
        Assert.Equal(Encoding.UTF8.GetString(FactoryJson.Status(fixture.Daemon.Factory)), (await fixture.RunAsync("factory", "status", "--format", "json")).Output);
    }

    [Fact]
    public async Task Should_list_all_pages()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.PageSize = 3;
        var ids = Enumerable.Range(0, 10).Select(number => $"c{number}").ToArray();
        foreach (var id in ids)
        {
            fixture.Daemon.Add(id);
            fixture.Daemon.Sandboxes.Sandboxes.Add(new SandboxSummary { Id = id, Root = "/r", CreatedUnixNs = -id[1] });
            fixture.Daemon.Sandbox.Containers.Add(new Container { Id = id, CreatedUnixNs = -id[1] });
        }

        Assert.Equal(ids, (await fixture.RunAsync("list", "-q")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ids.Reverse(), (await fixture.RunAsync("sandbox", "list", "-q")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var json = JsonDocument.Parse((await fixture.RunAsync("sandbox", "inspect", "c0", "--format", "json")).Output).RootElement;
        Assert.Equal(ids.Reverse(), json.GetProperty("containers").EnumerateArray().Select(container => container.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Should_print_nothing_that_acts_on_a_terminal_when_the_daemon_fails_or_reports()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        fixture.Daemon.OnRequest = request => request is StartRequest
            ? throw new Protocol.Ttrpc.TtrpcException(Protocol.Ttrpc.StatusCode.Internal, "no\n\u001b]0;owned\u0007\u202e" + new string('x', 100_000))
            : Task.CompletedTask;
        fixture.Daemon.Sandbox = new InspectSandboxResponse { Sandbox = new SandboxSummary { Id = "c1" }, Reason = "no\n\u001b[2J\u202e" };

        var failed = await fixture.RunAsync("start", "c1");
        var report = await fixture.RunAsync("sandbox", "inspect", "c1");

        Assert.StartsWith(@"kata-actors: no\n\u001b]0;owned\u0007\u202exxx", failed.Errors);
        Assert.InRange(failed.Errors.Length, 4000, 4200);
        Assert.Contains(@"(no\n\u001b[2J\u202e)", report.Output);
    }

    [Fact]
    public async Task Should_answer_without_a_daemon_when_none_is_needed()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        Assert.StartsWith("kata-actors version 0.1.0\nspec: 1.", (await fixture.RunAsync("--version")).Output);
        Assert.StartsWith("kata-actors version", (await fixture.RunAsync("version")).Output);
        Assert.NotNull(JsonDocument.Parse((await fixture.RunAsync("features")).Output));
        var empty = Directory.CreateDirectory(fixture.File("new")).FullName;
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(["spec"], directory: empty));
        Assert.True(System.IO.File.Exists(Path.Combine(empty, "config.json")));
        var again = await fixture.RunAsync("spec", "--bundle", empty);
        Assert.Equal(new CommandResult(1, "", $"kata-actors: file \"{empty}/config.json\" exists: remove it first\n"), again);
    }

    [Theory]
    [InlineData("", "a command is needed: see --help")]
    [InlineData("state", "\"state\" needs a container id")]
    [InlineData("create", "\"create\" needs a container id")]
    [InlineData("sandbox inspect", "\"inspect\" needs a sandbox id")]
    [InlineData("frob", "unrecognized command or argument 'frob'")]
    [InlineData("sandbox frob", "unrecognized command or argument 'frob'")]
    [InlineData("frob sandbox", "unrecognized command or argument 'frob'")]
    [InlineData("sandbox", "\"sandbox\": required command was not provided")]
    [InlineData("--log-format xml state x", "--log-format \"xml\" is unknown: text or json is possible")]
    public async Task Should_exit_2_when_the_command_line_is_wrong(string line, string message)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var result = await fixture.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(new CommandResult(2, "", $"kata-actors: {message}\n"), result);
    }

    [Theory]
    [InlineData("state", "", "container id is empty")]
    [InlineData("start", "../x", "container id \"../x\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("delete", "a/b", "container id \"a/b\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("kill", "..", "container id \"..\" is invalid: it is a directory reference")]
    public async Task Should_refuse_when_the_id_is_invalid(string verb, string id, string message)
    {
        await using var fixture = new CliFixture();
        Assert.Equal(new CommandResult(1, "", $"kata-actors: {message}\n"), await fixture.RunAsync(verb, id));
        Assert.Empty(fixture.Daemon!.Requests);
    }

    [Fact]
    public async Task Should_refuse_when_the_signal_is_unknown_or_the_log_cannot_be_written()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        foreach (var signal in new[] { "FROB", "65", "-1", "00x", "" })
        {
            Assert.Equal(new CommandResult(1, "", $"kata-actors: signal \"{signal}\" is unknown\n"), await fixture.RunAsync("kill", "--", "c1", signal));
        }

        Assert.Empty(fixture.Daemon.Requests);
        var result = await fixture.RunAsync("--log", "/no/such/log", "state", "c1");
        Assert.Equal(new CommandResult(1, "", "kata-actors: open \"/no/such/log\": no such file or directory\n"), result);
    }
}

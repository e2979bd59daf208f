using System.Text.Json.Nodes;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The hooks of <c>create</c>, which the command runs when the daemon says so.</summary>
public sealed class HookSpecs : IAsyncDisposable
{
    private readonly CliFixture _fixture = new();

    public HookSpecs() => _fixture.Daemon!.HooksDue = true;

    [Fact]
    public async Task Should_run_the_hooks_of_the_creation_in_order_with_the_state_of_the_container()
    {
        Hooks(hooks =>
        {
            hooks["createContainer"] = Stage(Log("createContainer"));
            hooks["createRuntime"] = Stage(Log("createRuntime"));
            hooks["prestart"] = Stage(Log("prestart"), Log("second"));
            hooks["poststop"] = Stage(Log("poststop"));
        });

        var pid = await _fixture.CreateAsync("c1");

        Assert.Equal(["prestart", "second", "createRuntime", "createContainer"], Logged());
        Assert.Equal([typeof(CreateRequest), typeof(FinishCreateRequest)], _fixture.Daemon!.Requests.Where(request => request is CreateRequest or FinishCreateRequest).Select(request => request.GetType()));
        foreach (var stage in new[] { "prestart", "createRuntime", "createContainer" })
        {
            Assert.Equal(
                $$$"""{"ociVersion":"1.0.2","id":"c1","status":"creating","pid":{{{pid}}},"bundle":"{{{_fixture.Bundle}}}","annotations":{"k":"v"}}""",
                _fixture.Read($"{stage}.state").TrimEnd());
            Assert.Equal([_fixture.Bundle, $"argv0 A=b PWD={_fixture.Bundle}"], _fixture.Read($"{stage}.seen").TrimEnd().Split('\n')[..2]);
        }

        Assert.Equal(Namespace("mnt"), Seen("prestart", 2));
        Assert.NotEqual(Namespace("mnt"), Seen("createContainer", 2));
        Assert.Equal(Namespace("net", pid), Seen("createContainer", 3));
        Assert.NotEqual(Namespace("net"), Seen("createContainer", 3));
    }

    [Fact]
    public async Task Should_not_run_them_before_the_daemon_says_so()
    {
        _fixture.Daemon!.HooksDue = false;
        Hooks(hooks => hooks["prestart"] = Stage(Log("prestart")));
        await _fixture.CreateAsync("c1");
        Assert.Empty(Logged());
    }

    [Theory]
    [InlineData("prestart", "echo bad >&2; exit 3", "ended with exit code 3: bad")]
    [InlineData("createRuntime", "exit 1", "ended with exit code 1")]
    [InlineData("createContainer", "echo bad; kill -9 $$", "ended with signal SIGKILL: bad")]
    [InlineData("prestart", "echo slow; sleep 100", "did not end within 1 s, and was killed: slow")]
    public async Task Should_fail_with_the_name_and_the_output_of_a_failed_hook_and_leave_nothing(string stage, string script, string why)
    {
        Hooks(hooks =>
        {
            hooks[stage] = Stage(script, Log("later"));
            hooks[stage]![0]!["timeout"] = 1;
            hooks["poststop"] = Stage(Log("poststop"));
        });

        await FailAsync($"kata-actors: cannot create container \"c1\": {stage} hook \"/bin/sh\" {why}\n");
        Assert.Equal(["poststop"], Logged());
        Assert.Equal($$$"""{"ociVersion":"1.0.2","id":"c1","status":"stopped","bundle":"{{{_fixture.Bundle}}}","annotations":{"k":"v"}}""", _fixture.Read("poststop.state").TrimEnd());
        Assert.True(Assert.Single(_fixture.Daemon!.Requests.OfType<DeleteRequest>()).Force);
    }

    [Fact]
    public async Task Should_fail_when_there_is_no_such_hook()
    {
        Hooks(hooks => hooks["prestart"] = JsonNode.Parse("""[{"path": "/no/such"}]"""));
        await FailAsync("kata-actors: cannot create container \"c1\": prestart hook \"/no/such\" could not be run: no such file or directory\n");
    }

    [Fact]
    public async Task Should_look_for_the_program_after_the_hooks_which_may_make_it()
    {
        Hooks(hooks => hooks["prestart"] = Stage("cp /bin/true rootfs/bin/made"), "made");
        await _fixture.CreateAsync("c1");

        Hooks(hooks => hooks["prestart"] = Stage(":"), "nosuch");
        Assert.Equal(
            new CommandResult(1, "", "kata-actors: unable to start container process: exec: \"nosuch\": executable file not found in $PATH\n"),
            await _fixture.RunAsync("create", "--bundle", _fixture.Bundle, "c2"));
    }

    [Fact]
    public async Task Should_say_that_the_container_was_removed_while_its_hooks_ran()
    {
        Hooks(hooks =>
        {
            hooks["prestart"] = Stage($"touch '{_fixture.File("begun")}'; while [ ! -e '{_fixture.File("go")}' ]; do sleep 0.01; done");
            hooks["poststop"] = Stage(Log("poststop"));
        });
        using var create = _fixture.Start(["create", "--bundle", _fixture.Bundle, "c1"]);
        await Eventually.HoldsAsync(() => File.Exists(_fixture.File("begun")));
        _fixture.Daemon!.Remove("c1");
        await File.WriteAllTextAsync(_fixture.File("go"), "");

        Assert.Equal(new CommandResult(1, "", "kata-actors: cannot create container \"c1\": it was removed while its hooks ran\n"), await create.WaitAsync());
        Assert.Equal(["poststop"], Logged());
        AssertNoStandIn();
    }

    [Theory]
    [InlineData(Signals.SIGTERM)]
    [InlineData(Signals.SIGINT)]
    public async Task Should_end_the_hook_and_undo_the_creation_when_a_signal_ends_the_command(int signal)
    {
        Hooks(hooks => hooks["prestart"] = Stage($"echo $$ > '{_fixture.File("begun")}'; sleep 100"));
        using var create = _fixture.Start(["create", "--bundle", _fixture.Bundle, "c1"]);
        await Eventually.HoldsAsync(() => File.Exists(_fixture.File("begun")) && _fixture.Read("begun").EndsWith('\n'));
        create.Signal(signal);

        Assert.Equal(
            new CommandResult(1, "", "kata-actors: cannot create container \"c1\": prestart hook \"/bin/sh\" was interrupted by a signal to this command, and killed\n"),
            await create.WaitAsync());
        Assert.False(Directory.Exists($"/proc/{_fixture.Read("begun").Trim()}"));
        AssertNoStandIn();
        Assert.Throws<Protocol.Ttrpc.TtrpcException>(() => _fixture.Daemon!["c1"]);
    }

    [Fact]
    public async Task Should_run_all_hooks_again_when_the_daemon_dies_while_they_run()
    {
        Hooks(hooks =>
        {
            hooks["prestart"] = Stage(Log("prestart"));
            hooks["poststop"] = Stage(Log("poststop"));
        });
        _fixture.Daemon!.DieAt<FinishCreateRequest>(DeathPoint.BeforeEffect, _ => _fixture.Daemon.Forget());

        var pid = await _fixture.CreateAsync("c1");

        Assert.Equal(["prestart", "poststop", "prestart"], Logged());
        Assert.Equal(pid, _fixture.Daemon["c1"].Request.StandIn.Pid);
        Assert.Equal([false, true], _fixture.StandIns.Select(standIn => standIn.IsAlive()));
    }

    [Fact]
    public async Task Should_run_all_hooks_again_when_the_successor_does_not_know_the_creation()
    {
        Hooks(hooks => hooks["prestart"] = Stage(Log("prestart")));
        _fixture.Daemon!.OnRequest = request =>
        {
            if (request is FinishCreateRequest && _fixture.Daemon.Pid == Environment.ProcessId)
            {
                _fixture.Daemon.Pid++;
                _fixture.Daemon.Forget();
            }

            return Task.CompletedTask;
        };

        await _fixture.CreateAsync("c1");

        Assert.Equal(["prestart", "prestart"], Logged());
    }

    [Theory]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_not_run_hooks_again_when_the_daemon_dies_after_the_creation(DeathPoint point)
    {
        Hooks(hooks => hooks["prestart"] = Stage(Log("prestart")));
        _fixture.Daemon!.DieAt<FinishCreateRequest>(point);
        await _fixture.CreateAsync("c1");
        Assert.Equal(["prestart"], Logged());
    }

    [Fact]
    public async Task Should_keep_mounts_of_createContainer_hooks_off_the_host()
    {
        Hooks(hooks => hooks["createContainer"] = Stage("mount -t tmpfs hook rootfs/bin && touch rootfs/bin/sh"));
        await _fixture.CreateAsync("c1");
        Assert.DoesNotContain(_fixture.Bundle, await File.ReadAllTextAsync("/proc/self/mountinfo"));
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private static string Namespace(string kind, int? pid = null) =>
        new FileInfo($"/proc/{(pid is { } of ? $"{of}" : "self")}/ns/{kind}").LinkTarget!;

    private string Seen(string stage, int line) => _fixture.Read($"{stage}.seen").Split('\n')[line];

    private string[] Logged() => File.Exists(_fixture.File("log")) ? _fixture.Read("log").TrimEnd().Split('\n') : [];

    // The name, and what the hook sees.
    private string Log(string name) =>
        $"echo {name} >> '{_fixture.File("log")}'; cat > '{_fixture.File(name)}.state'; " +
        $"( pwd; echo $0 $(env | sort); readlink /proc/self/ns/mnt; readlink /proc/self/ns/net ) > '{_fixture.File(name)}.seen'";

    private static JsonArray Stage(params string[] scripts) =>
        [.. scripts.Select(script => new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", script, "argv0"), ["env"] = new JsonArray("A=b") })];

    private void Hooks(Action<JsonObject> change, string program = "sh") => _fixture.WriteSpec(spec =>
    {
        spec["process"]!["args"] = new JsonArray(program);
        spec["mounts"] = new JsonArray();
        spec["annotations"] = new JsonObject { ["k"] = "v" };
        var hooks = new JsonObject();
        change(hooks);
        spec["hooks"] = hooks;
    });

    private async Task FailAsync(string errors)
    {
        Assert.Equal(new CommandResult(1, "", errors), await _fixture.RunAsync("create", "--bundle", _fixture.Bundle, "--pid-file", _fixture.PidFile, "c1"));
        Assert.False(File.Exists(_fixture.PidFile));
        Assert.Empty(_fixture.Daemon!.Requests.OfType<FinishCreateRequest>());
        AssertNoStandIn();
    }

    private void AssertNoStandIn() => Assert.All(_fixture.StandIns, standIn => Assert.False(standIn.IsAlive()));
}

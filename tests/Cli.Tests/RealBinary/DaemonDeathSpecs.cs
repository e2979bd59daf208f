using Google.Protobuf;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Commands to an existing container across the death of their daemon: each ends with the true outcome.</summary>
public class DaemonDeathSpecs
{
    public static TheoryData<DeathPoint> Points => [.. Enum.GetValues<DeathPoint>()];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Should_start_once(DeathPoint point)
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<StartRequest>(point);
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("start", "c1"));
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public async Task Should_succeed_when_the_container_that_was_started_has_ended_meanwhile()
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<StartRequest>(DeathPoint.BeforeReply, _ => container.Exit(3));
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("start", "c1"));
    }

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("exec \"/no\": no such file or directory", 1, "kata-actors: cannot start container \"c1\": exec \"/no\": no such file or directory\n")]
    public async Task Should_take_the_outcome_that_the_successor_learns_beside_the_start_that_is_sent_again(string reason, int code, string errors)
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<StartRequest>(DeathPoint.BeforeEffect, _ => fixture.Daemon.OnRequest = asked =>
        {
            if (asked is StartRequest)
            {
                container.Exit(127, reason);
            }

            return Task.CompletedTask;
        });
        Assert.Equal(new CommandResult(code, "", errors), await fixture.RunAsync("start", "c1"));
    }

    [Fact]
    public async Task Should_fail_in_the_words_of_the_start_when_it_had_failed()
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<StartRequest>(DeathPoint.BeforeReply, _ => container.Exit(127, "exec \"/no\": no such file or directory"));
        Assert.Equal(
            new CommandResult(1, "", "kata-actors: cannot start container \"c1\": exec \"/no\": no such file or directory\n"), await fixture.RunAsync("start", "c1"));
    }

    [Fact]
    public async Task Should_say_that_the_container_to_start_is_gone()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<StartRequest>(DeathPoint.BeforeReply, _ => fixture.Daemon.Remove("c1"));
        Assert.Equal(new CommandResult(1, "", "kata-actors: container \"c1\" does not exist\n"), await fixture.RunAsync("start", "c1"));
    }

    [Theory]
    [InlineData(DeathPoint.BeforeRequest, 1)]
    [InlineData(DeathPoint.BeforeEffect, 1)]
    [InlineData(DeathPoint.BeforeReply, 2)]
    public async Task Should_deliver_a_signal_at_least_once(DeathPoint point, int times)
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<KillRequest>(point);
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("kill", "c1", "USR1"));
        Assert.Equal(Enumerable.Repeat((10u, false), times), container.Signals);
    }

    [Fact]
    public async Task Should_succeed_when_the_container_that_was_signalled_has_stopped_or_is_gone_meanwhile()
    {
        await using var fixture = new CliFixture();
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.DieAt<KillRequest>(DeathPoint.BeforeReply, _ => container.Exit(137));
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("kill", "c1", "KILL"));
        fixture.Daemon.Add("c2");
        fixture.Daemon.DieAt<KillRequest>(DeathPoint.BeforeReply, _ => fixture.Daemon.Remove("c2"));
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("kill", "c2", "KILL"));
    }

    [Fact]
    public async Task Should_fail_to_signal_a_stopped_container_when_no_signal_was_sent_or_none_is_to_be()
    {
        await using var fixture = new CliFixture();
        var stopped = new CommandResult(1, "", "kata-actors: cannot signal container \"c1\": container not running\n");
        fixture.Daemon!.Add("c1").Exit(0);
        Assert.Equal(stopped, await fixture.RunAsync("kill", "c1", "KILL"));
        fixture.Daemon.DieAt<KillRequest>(DeathPoint.BeforeEffect);
        Assert.Equal(stopped, await fixture.RunAsync("kill", "c1", "0"));
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Should_delete(DeathPoint point)
    {
        await using var fixture = new CliFixture();
        foreach (var id in new[] { "c1", "c2" })
        {
            fixture.Daemon!.Add(id).Exit(0);
            fixture.Daemon.DieAt<DeleteRequest>(point);
            Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync(id == "c1" ? ["delete", id] : ["delete", "--force", id]));
            Assert.Throws<Protocol.Ttrpc.TtrpcException>(() => fixture.Daemon[id]);
        }
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Should_update(DeathPoint point)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        fixture.Daemon.Updated = new UpdateResponse { Warnings = { "w" } };
        fixture.Daemon.DieAt<UpdateRequest>(point);
        Assert.Equal(new CommandResult(0, "", "kata-actors: warning: w\n"), await fixture.RunAsync("update", "--pids-limit", "5", "c1"));
        Assert.All(fixture.Daemon.Requests, request => Assert.IsType<UpdateRequest>(request));
    }

    [Fact]
    public async Task Should_go_on_when_the_successor_is_not_ready_at_once()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        var refusals = 3;
        fixture.Daemon.DieAt<UpdateRequest>(DeathPoint.BeforeEffect, _ => fixture.Daemon.OnRequest = _ => --refusals > 0
            ? throw new Protocol.Ttrpc.TtrpcException(Protocol.Ttrpc.StatusCode.Unavailable, "the agent does not answer")
            : Task.CompletedTask);
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("update", "--pids-limit", "5", "c1"));
        Assert.Equal(0, refusals);
    }

    [Theory]
    [InlineData("state c1", "\"id\"")]
    [InlineData("list -q", "c1\n")]
    [InlineData("sandbox list -q", "s1\n")]
    [InlineData("sandbox inspect s1", "VMM pid         77\n")]
    [InlineData("factory status", "template")]
    [InlineData("factory init", "there is a template\n")]
    [InlineData("factory destroy", "the template was removed\n")]
    public async Task Should_answer(string line, string output)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        var sandbox = new SandboxSummary { Id = "s1", Root = "/r", VmmPid = 77 };
        fixture.Daemon.Sandboxes = new ListSandboxesResponse { Sandboxes = { sandbox } };
        fixture.Daemon.Sandbox = new InspectSandboxResponse { Sandbox = sandbox };
        foreach (var point in Enum.GetValues<DeathPoint>())
        {
            fixture.Daemon.DieAt<IMessage>(point);
            var result = await fixture.RunAsync(line.Split(' '));
            Assert.Equal((0, ""), (result.ExitCode, result.Errors));
            Assert.Contains(output, result.Output);
        }
    }

    [Fact]
    public async Task Should_start_the_successor_when_none_listens()
    {
        await using var fixture = new CliFixture();
        await fixture.InstallDaemonAsync($"echo $$ > {fixture.File("started")}; exec sleep 300");
        var container = fixture.Daemon!.Add("c1");
        fixture.Daemon.OnRequest = _ =>
        {
            fixture.Daemon.OnRequest = null;
            fixture.Daemon.Crash();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        using var command = fixture.Start(["start", "c1"]);
        await Eventually.HoldsAsync(() => File.Exists(fixture.File("started")) && new FileInfo(fixture.File("started")).Length > 1);
        using var successor = Pidfd.TryOpen(ProcessIdentity.TryRead(int.Parse(fixture.Read("started")))!.Value)!;
        try
        {
            fixture.Daemon.Listen();
            Assert.Equal(new CommandResult(0, "", ""), await command.WaitAsync());
            Assert.Equal("running", container.Status);
        }
        finally
        {
            successor.Signal(Signals.SIGKILL);
        }
    }

    [Fact]
    public async Task Should_name_the_loss_and_the_cause_when_no_successor_can_be_started()
    {
        await using var fixture = new CliFixture();
        await fixture.InstallDaemonAsync("echo boom >&2; exit 7");
        fixture.Daemon!.Add("c1");
        fixture.Daemon.OnRequest = _ =>
        {
            fixture.Daemon.Crash();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        var result = await fixture.RunAsync("start", "c1");
        Assert.Equal(
            new CommandResult(
                1,
                "",
                $"kata-actors: connection to \"{fixture.Address}\" lost: closed by the peer; "
                + $"no daemon listens on \"{fixture.Address}\", and none can be started: it ended with exit code 7: boom\n"),
            result);
    }

    [Fact]
    public async Task Should_give_up_and_say_so_when_each_daemon_dies()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");
        fixture.Daemon.OnRequest = request =>
        {
            fixture.Daemon.Disconnect();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        var result = await fixture.RunAsync("start", "c1");
        var errors = $"kata-actors: the daemon was lost 10 times during this command: connection to \"{fixture.Address}\" lost: closed by the peer\n";
        Assert.Equal(new CommandResult(1, "", errors), result);
        Assert.Equal(10, fixture.Daemon.Requests.Count);
    }
}

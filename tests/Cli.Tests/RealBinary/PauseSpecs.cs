using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The verbs that pause a container and look into it.</summary>
public class PauseSpecs
{
    [Fact]
    public async Task Should_pause_and_resume()
    {
        await using var fixture = await RunningAsync();

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("pause", "c1"));
        Assert.Equal("paused", fixture.Daemon!["c1"].Status);
        Assert.Equal(new CommandResult(1, "", "kata-actors: container not running: it is paused\n"), await fixture.RunAsync("pause", "c1"));
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("resume", "c1"));
        Assert.Equal(new CommandResult(1, "", "kata-actors: container not paused: it is running\n"), await fixture.RunAsync("resume", "c1"));
        Assert.Equal(1, (await fixture.RunAsync("pause", "none")).ExitCode);
        Assert.Equal(new CommandResult(2, "", "kata-actors: \"pause\" needs a container id\n"), await fixture.RunAsync("pause"));
    }

    [Theory]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_succeed_once_when_the_daemon_dies(DeathPoint point)
    {
        await using var fixture = await RunningAsync();
        fixture.Daemon!.DieAt<PauseRequest>(point);
        Assert.Equal(0, (await fixture.RunAsync("pause", "c1")).ExitCode);
        Assert.Equal("paused", fixture.Daemon["c1"].Status);
        fixture.Daemon.DieAt<ResumeRequest>(point);
        Assert.Equal(0, (await fixture.RunAsync("resume", "c1")).ExitCode);
        Assert.Equal("running", fixture.Daemon["c1"].Status);
    }

    [Fact]
    public async Task Should_add_a_process_after_a_pause_that_began_after_the_look_at_the_container()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        var refusals = 0;
        fixture.Daemon!.OnRequest = request => request is ExecRequest && refusals++ % 3 < 2
            ? throw new TtrpcException(StatusCode.Aborted, "cannot exec in a paused container (use --ignore-paused to override)")
            : Task.CompletedTask;

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("exec", "-d", "--ignore-paused", "c1", "sh"));
        Assert.Equal(3, refusals);
        Assert.Equal(3, fixture.Daemon.Requests.OfType<ExecRequest>().DistinctBy(request => request.Process).Count());
        Assert.Single(fixture.Daemon["c1"].Added);

        Assert.Equal(
            new CommandResult(255, "", "kata-actors: exec failed: cannot exec in a paused container (use --ignore-paused to override)\n"),
            await fixture.RunAsync("exec", "-d", "c1", "sh"));
    }

    [Fact]
    public async Task Should_print_the_hosts_pids_for_programs_and_a_table_for_people()
    {
        await using var fixture = await RunningAsync();
        fixture.Daemon!.Processes = new ProcessesResponse { Pids = { 70, 71 }, LeftOut = 3, Processes = { new GuestProcess { Pid = 1, Name = "sh" } } };

        Assert.Equal("[70,71]\n", (await fixture.RunAsync("ps", "--format", "json", "c1")).Output);
        Assert.Equal(new CommandResult(0, "PID CMD\n  1 [sh]\n", "kata-actors: warning: 3 more processes are not shown\n"), await fixture.RunAsync("ps", "c1", "-o", "pid,cmd"));
        Assert.Equal([false, true], fixture.Daemon.Requests.OfType<ProcessesRequest>().Select(request => request.Inside));
        Assert.Equal(new CommandResult(1, "", "kata-actors: format \"xml\" is unknown\n"), await fixture.RunAsync("ps", "-f", "xml", "c1"));
    }

    [Fact]
    public async Task Should_print_events_until_the_container_ends()
    {
        await using var fixture = await RunningAsync();
        foreach (var kills in new ulong[] { 2, 2, 4 })
        {
            fixture.Daemon!.Stats.Enqueue(new CgroupStats { MemoryStats = new MemoryStats { OomKills = kills } });
        }

        var result = await fixture.RunAsync("events", "--interval", "200ms", "c1");

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.Equal(["stats", "oom", "stats"], result.Output.Trim().Split('\n').Select(line => line.Split('"')[3]));
        Assert.Equal(new CommandResult(1, "", "kata-actors: container with id c1 is not running\n"), await fixture.RunAsync("events", "--stats", "c1"));
    }

    [Theory]
    [InlineData("0s", 1, "duration interval must be greater than 0")]
    [InlineData("-1s", 1, "duration interval must be greater than 0")]
    [InlineData("soon", 2, "--interval \"soon\" is not a duration such as 5s or 1m30s")]
    public async Task Should_refuse_an_interval(string interval, int code, string message)
    {
        await using var fixture = await RunningAsync();

        Assert.Equal(new CommandResult(code, "", $"kata-actors: {message}\n"), await fixture.RunAsync("events", $"--interval={interval}", "c1"));
        Assert.Empty(fixture.Daemon!.Requests);
    }

    private static Task<CliFixture> RunningAsync()
    {
        var fixture = new CliFixture();
        fixture.Daemon!.Add("c1").Status = "running";
        return Task.FromResult(fixture);
    }
}

using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The hooks of <c>start</c> and <c>delete</c>, which the daemon hands out.</summary>
public sealed class LaterHookSpecs : IAsyncDisposable
{
    private readonly CliFixture _fixture = new();

    [Fact]
    public async Task Should_run_poststart_hooks_after_the_start_with_the_state_running()
    {
        var container = Add();
        container.Poststart.AddRange([Hook(Log("one")), Hook(Log("two"))]);

        Assert.Equal(new CommandResult(0, "", ""), await _fixture.RunAsync("start", "c1"));

        Assert.Equal(["one", "two"], Logged());
        Assert.Equal($$"""{"ociVersion":"1.0.2","id":"c1","status":"running","pid":7,"bundle":"{{_fixture.Bundle}}"}""", _fixture.Read("one.state").TrimEnd());
        Assert.Single(_fixture.Daemon!.Requests.OfType<StartRequest>());
    }

    [Fact]
    public async Task Should_warn_of_failed_poststart_hooks_and_go_on()
    {
        Add().Poststart.AddRange([Hook("echo bad >&2; exit 3"), Hook("sleep 100", 1), new Hook { Path = "/no/such" }, Hook(Log("last"))]);

        var result = await _fixture.RunAsync("start", "c1");

        Assert.Equal((0, ""), (result.ExitCode, result.Output));
        Assert.Equal(
            """
            kata-actors: warning: container "c1": poststart hook "/bin/sh" ended with exit code 3: bad
            kata-actors: warning: container "c1": poststart hook "/bin/sh" did not end within 1 s, and was killed
            kata-actors: warning: container "c1": poststart hook "/no/such" could not be run: no such file or directory

            """,
            result.Errors);
        Assert.Equal(["last"], Logged());
        Assert.Equal("running", _fixture.Daemon!["c1"].Status);
    }

    [Fact]
    public async Task Should_not_run_poststart_hooks_when_the_start_fails()
    {
        var container = Add();
        container.Poststart.Add(Hook(Log("one")));
        container.Start();

        Assert.Equal(1, (await _fixture.RunAsync("start", "c1")).ExitCode);
        Assert.Empty(Logged());
    }

    [Fact]
    public async Task Should_run_poststop_hooks_after_the_removal_and_warn_of_failures()
    {
        Add().Poststop.AddRange([Hook("echo bad; exit 1"), Hook(Log("last"))]);

        var result = await _fixture.RunAsync("delete", "c1");

        Assert.Equal(new CommandResult(0, "", "kata-actors: warning: container \"c1\": poststop hook \"/bin/sh\" ended with exit code 1: bad\n"), result);
        Assert.Equal(["last"], Logged());
        Assert.Equal($$"""{"ociVersion":"1.0.2","id":"c1","status":"stopped","bundle":"{{_fixture.Bundle}}"}""", _fixture.Read("last.state").TrimEnd());
        Assert.Throws<Protocol.Ttrpc.TtrpcException>(() => _fixture.Daemon!["c1"]);
    }

    [Theory]
    [InlineData(DeathPoint.BeforeRequest)]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_run_poststop_hooks_once_when_the_daemon_dies_during_the_removal(DeathPoint point)
    {
        Add().Poststop.Add(Hook(Log("one")));
        _fixture.Daemon!.DieAt<DeleteRequest>(point);

        Assert.Equal(new CommandResult(0, "", ""), await _fixture.RunAsync("delete", "c1"));

        Assert.Equal(["one"], Logged());
    }

    [Theory]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_run_poststart_hooks_once_when_the_daemon_dies_during_the_start(DeathPoint point)
    {
        Add().Poststart.Add(Hook(Log("one")));
        _fixture.Daemon!.DieAt<StartRequest>(point);

        Assert.Equal(new CommandResult(0, "", ""), await _fixture.RunAsync("start", "c1"));

        Assert.Equal(["one"], Logged());
    }

    [Fact]
    public async Task Should_forgive_an_unknown_id_when_the_removal_is_forced() =>
        Assert.Equal(new CommandResult(0, "", ""), await _fixture.RunAsync("delete", "--force", "c1"));

    [Fact]
    public async Task Should_run_poststop_hooks_at_the_end_of_run()
    {
        _fixture.WriteSpec(_ => { });
        _fixture.Daemon!.OnRequest = request =>
        {
            if (request is StartRequest)
            {
                _fixture.Daemon["c1"].Poststop.Add(Hook(Log("poststop")));
                _ = Task.Delay(200).ContinueWith(_ => _fixture.Daemon["c1"].Exit(4), TaskScheduler.Default);
            }

            return Task.CompletedTask;
        };

        Assert.Equal(4, (await _fixture.RunAsync("run", "--bundle", _fixture.Bundle, "c1")).ExitCode);
        Assert.Equal(["poststop"], Logged());
    }

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    private FakeContainer Add() => _fixture.Daemon!.Add(
        new CreateRequest { Container = new ContainerRef { Id = "c1" }, Bundle = _fixture.Bundle, StandIn = new ProcessRef { Pid = 7 } });

    private string Log(string name) => $"echo {name} >> '{_fixture.File("log")}'; cat > '{_fixture.File(name)}.state'";

    private string[] Logged() => File.Exists(_fixture.File("log")) ? _fixture.Read("log").TrimEnd().Split('\n') : [];

    private static Hook Hook(string script, long timeout = 0) => new() { Path = "/bin/sh", Args = { "sh", "-c", script }, Timeout = timeout };
}

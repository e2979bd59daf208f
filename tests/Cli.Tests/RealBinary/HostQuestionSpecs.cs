using System.Text.Json;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>check</c> and <c>env</c>: the daemon's program answers, and no daemon is needed or started.</summary>
public class HostQuestionSpecs
{
    [Theory]
    [InlineData("check", "--check=text")]
    [InlineData("check --verbose", "--check=verbose")]
    [InlineData("check --json", "--check=json")]
    [InlineData("kata-check", "--check=text")]
    [InlineData("env", "--environment=text")]
    [InlineData("env --json", "--environment=json")]
    [InlineData("kata-env", "--environment=text")]
    public async Task Should_ask_the_daemons_program_with_the_flags_of_the_last_daemon(string line, string question)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync("echo \"$@\"");
        KataActors.Protocol.Control.DaemonFlags.Write(Path.GetDirectoryName(fixture.Address)!, ["--config", "/my.conf"]);

        Assert.Equal(new CommandResult(0, $"--address {fixture.Address} --config /my.conf {question}\n", ""), await fixture.RunAsync(line.Split(' ')));
        Assert.False(File.Exists(fixture.Address));
    }

    [Theory]
    [InlineData("echo partly; echo 'kata-actorsd: no QEMU' >&2; exit 1", "no QEMU")]
    [InlineData("echo partly; echo oops >&2; kill -9 $$", "oops")]
    [InlineData("echo partly; exit 7", "\"{program}\" failed without a word")]
    public async Task Should_fail_in_its_words(string script, string message)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var program = await fixture.InstallDaemonAsync(script);

        var result = await fixture.RunAsync("--log", fixture.File("log"), "--log-format", "json", "check");

        message = message.Replace("{program}", program, StringComparison.Ordinal);
        Assert.Equal(new CommandResult(1, "partly\n", $"kata-actors: {message}\n"), result);
        Assert.Equal(message, JsonDocument.Parse(Assert.Single(File.ReadAllLines(fixture.File("log")))).RootElement.GetProperty("msg").GetString());
    }

    [Fact]
    public async Task Should_say_that_the_installation_is_incomplete()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var program = await fixture.InstallDaemonAsync("");
        File.Delete(program);
        Assert.Equal(new CommandResult(1, "", $"kata-actors: \"{program}\" does not exist\n"), await fixture.RunAsync("check"));
    }

    [Fact]
    public async Task Should_check_this_host_without_a_trace()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        fixture.Address = fixture.File("run/daemon.sock");

        var result = await fixture.RunAsync("check");

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.EndsWith("containers can run on this host\n", result.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(fixture.File("run")));
    }
}

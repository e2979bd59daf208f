using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The command line writes plain text to a terminal: the effect of a control sequence would outlast the command.</summary>
public class TerminalSpecs
{
    private const char Escape = '\e';

    [Theory]
    [InlineData("-h", 0, "Usage:")]
    [InlineData("--help", 0, "Usage:")]
    [InlineData("spec --help", 0, "Usage:")]
    [InlineData("create -h", 0, "--pid-file")]
    [InlineData("sandbox inspect -?", 0, "Usage:")]
    [InlineData("version", 0, "kata-actors version")]
    [InlineData("--version", 0, "kata-actors version")]
    [InlineData("features", 0, "ociVersionMin")]
    [InlineData("check", 0, "containers can run on this host")]
    [InlineData("env", 0, "[Hypervisor]")]
    [InlineData("list", 0, "ID ")]
    [InlineData("list --format json", 0, "[")]
    [InlineData("state c1", 0, "\"id\": \"c1\"")]
    [InlineData("sandbox list", 0, "ID ")]
    [InlineData("", 2, "a command is needed")]
    [InlineData("frob", 2, "unrecognized command")]
    [InlineData("--frob", 2, "is unknown")]
    [InlineData("factory", 2, "required command")]
    [InlineData("update --memory x c1", 2, "is not a number of bytes")]
    [InlineData("state unknown", 1, "does not exist")]
    [InlineData("create --preserve-fds 1 c1", 1, "--preserve-fds 1")]
    public async Task Should_write_plain_text_when_stdout_is_a_terminal(string line, int code, string expected)
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.Add("c1");

        var (exit, output) = await RunOnTerminalAsync(fixture, line);

        Assert.Equal(code, exit);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain(Escape, output);
    }

    [Fact]
    public async Task Should_write_the_same_help_to_a_terminal_and_to_a_file()
    {
        await using var fixture = new CliFixture(withDaemon: false);

        var (_, output) = await RunOnTerminalAsync(fixture, "create --help");

        Assert.Equal((await fixture.RunAsync("create", "--help")).Output, output.Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    // script(1) gives the command a terminal and writes what arrives there.
    private static async Task<(int Code, string Output)> RunOnTerminalAsync(CliFixture fixture, string line)
    {
        var (output, errors) = (fixture.File("typescript"), fixture.File("script-errors"));
        using var outputFile = File.OpenHandle(output, FileMode.Create, FileAccess.Write);
        using var errorsFile = File.OpenHandle(errors, FileMode.Create, FileAccess.Write);
        using var command = new RunningCommand(
            new SpawnRequest
            {
                Path = "/usr/bin/script",
                Arguments = ["script", "--quiet", "--return", "--command", $"{fixture.Program} --address {fixture.Address} {line}", "/dev/null"],
                Environment = ["TERM=xterm", "SHELL=/bin/sh", "PATH=/usr/bin:/bin"],
                Descriptors = [null, outputFile, errorsFile],
            },
            output,
            errors);
        var result = await command.WaitAsync();
        return (result.ExitCode, result.Output);
    }
}

using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>What <c>exec</c> refuses before the daemon hears of a process, in runc's words where callers read them.</summary>
public class ExecRefusalSpecs
{
    [Theory]
    [InlineData("", 2, "\"exec\" needs a container id")]
    [InlineData("c1", 2, "\"exec\" needs a command, or --process")]
    [InlineData("-- c1", 2, "\"exec\" needs a command, or --process")]
    [InlineData("--frob c1 sh", 2, "flag \"--frob\" of \"exec\" is unknown")]
    [InlineData("-u root c1 sh", 2, "--user \"root\" is not the number of a user or group")]
    [InlineData("-u 1:wheel c1 sh", 2, "--user \"wheel\" is not the number of a user or group")]
    [InlineData("-u 1: c1 sh", 2, "--user \"\" is not the number of a user or group")]
    [InlineData("-u -1 c1 sh", 2, "--user \"-1\" is not the number of a user or group")]
    [InlineData("-u 4294967296 c1 sh", 2, "--user \"4294967296\" is not the number of a user or group")]
    [InlineData("-g x c1 sh", 2, "--additional-gids \"x\" is not the number of a user or group")]
    [InlineData("-e A c1 sh", 2, "--env \"A\" is not of the form NAME=VALUE")]
    [InlineData("-e A=1 -e =x c1 sh", 2, "--env \"=x\" is not of the form NAME=VALUE")]
    [InlineData("--cwd tmp c1 sh", 2, "--cwd \"tmp\" is not an absolute path")]
    [InlineData("-p /p c1 sh", 2, "--process and a command are not possible together: the file holds the whole process")]
    [InlineData("-p /p -u 0 c1", 2, "--process and --user are not possible together: the file holds the whole process")]
    [InlineData("-p /p --no-new-privs c1", 2, "--process and --no-new-privs are not possible together: the file holds the whole process")]
    [InlineData("c/1 sh", 255, "exec failed: container id \"c/1\" is invalid: only letters, digits and \"_+-.\" are allowed")]
    [InlineData("--preserve-fds 1 c1 sh", 255, "exec failed: --preserve-fds 1: descriptors cannot be passed into a virtual machine")]
    [InlineData("--cgroup /x c1 sh", 255, "exec failed: --cgroup \"/x\": a process runs in the cgroup of its container")]
    [InlineData("--pid-file /no/such/pid c1 sh", 255, "exec failed: pid-file \"/no/such/pid\": its folder does not exist")]
    [InlineData("-p /none c1", 255, "exec failed: --process \"/none\": no such file or directory")]
    [InlineData("-p /dev/zero c1", 255, "exec failed: --process \"/dev/zero\": is a character device, not a regular file")]
    [InlineData("-p /tmp c1", 255, "exec failed: --process \"/tmp\": is a directory")]
    public async Task Should_refuse_what_makes_no_sense_before_any_request(string line, int code, string message)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");

        var result = await fixture.RunAsync(["exec", .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal(new CommandResult(code, "", $"kata-actors: {message}\n"), result);
        Assert.Empty(fixture.Daemon!.Requests);
    }

    [Theory]
    [InlineData("no json", "not JSON: syntax error in line 1")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("""{"cwd": "/"}""", "process.args is missing or empty")]
    [InlineData("""{"args": ["sh"]}""", "process.cwd is missing or empty")]
    [InlineData("""{"args": "sh"}""", "args has a value of the wrong type (line 1)")]
    [InlineData("""{"args": ["sh"], "cwd": "tmp"}""", "process.cwd \"tmp\" is not an absolute path")]
    [InlineData("""{"args": ["sh"], "cwd": "/", "env": ["A"]}""", "process.env[0] \"A\" is not of the form NAME=VALUE")]
    [InlineData("""{"args": ["sh"], "cwd": "/", "consoleSize": {"width": 65536}}""", "process.consoleSize.width 65536 is out of range: at most 65535 is allowed")]
    public async Task Should_refuse_a_file_that_holds_no_process(string document, string message)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        await File.WriteAllTextAsync(fixture.File("p"), document);
        await RefusedAsync(fixture, message);
    }

    [Fact]
    public async Task Should_refuse_a_file_that_is_too_large()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        await File.WriteAllTextAsync(fixture.File("p"), new string(' ', (3 * 1024 * 1024) + 1));
        await RefusedAsync(fixture, "larger than 3145728 bytes");
    }

    [Fact]
    public async Task Should_not_wait_for_the_writer_of_a_fifo()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        await ChildScript.RunAsync($"mkfifo {fixture.File("p")}");
        Assert.Equal(
            new CommandResult(255, "", $"kata-actors: exec failed: --process \"{fixture.File("p")}\": is a FIFO, not a regular file\n"),
            await fixture.RunAsync("exec", "-p", fixture.File("p"), "c1"));
        Assert.Empty(fixture.Daemon!.Requests);
    }

    [Fact]
    public async Task Should_refuse_an_unknown_container_before_its_stand_in()
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync("exec", "--pid-file", fixture.PidFile, "c1", "sh");
        Assert.Equal(new CommandResult(255, "", "kata-actors: exec failed: container \"c1\" does not exist\n"), result);
        Assert.IsType<StateRequest>(Assert.Single(fixture.Daemon!.Requests));
        Assert.False(File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_refuse_when_the_bundle_with_the_first_process_is_gone()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        File.Delete(Path.Combine(fixture.Bundle, "config.json"));
        var result = await fixture.RunAsync("exec", "c1", "sh");
        Assert.Equal(new CommandResult(255, "", $"kata-actors: exec failed: bundle \"{fixture.Bundle}\": config.json: no such file or directory\n"), result);
        Assert.Empty(fixture.Daemon!.Requests.OfType<ExecRequest>());
    }

    private static async Task RefusedAsync(CliFixture fixture, string message)
    {
        Assert.Equal(
            new CommandResult(255, "", $"kata-actors: exec failed: --process \"{fixture.File("p")}\": process: {message}\n"),
            await fixture.RunAsync("exec", "--process", fixture.File("p"), "c1"));
        Assert.Empty(fixture.Daemon!.Requests);
    }
}

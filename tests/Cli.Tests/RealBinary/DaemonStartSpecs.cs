using System.Net.Sockets;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Commands that find no daemon, or something else in its place. The program of the daemon is a script beside a copy of the binary.</summary>
public class DaemonStartSpecs
{
    [Fact]
    public async Task Should_start_exactly_one_daemon_when_several_commands_race()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync($"echo $$ >> {fixture.File("started")}; cd; exec sleep 300");
        var commands = Enumerable.Range(0, 6).Select(_ => fixture.Start(["list", "-q"])).ToList();
        await Eventually.HoldsAsync(() => File.Exists(fixture.File("started")) && new FileInfo(fixture.File("started")).Length > 1);
        using var daemon = Pidfd.TryOpen(ProcessIdentity.TryRead(int.Parse(File.ReadLines(fixture.File("started")).First()))!.Value)!;
        try
        {
            Assert.All(commands, command => Assert.False(command.HasExited));
            await using var fake = new FakeDaemon(fixture.Address);
            foreach (var command in commands)
            {
                Assert.Equal(new CommandResult(0, "", ""), await command.WaitAsync());
            }

            Assert.Single(await File.ReadAllLinesAsync(fixture.File("started")));
            AssertDetached(daemon.Pid, fixture);
        }
        finally
        {
            daemon.Signal(Signals.SIGKILL);
            commands.ForEach(command => command.Dispose());
        }
    }

    [Fact]
    public async Task Should_start_the_daemon_when_a_dead_one_left_its_socket()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        UnixSockets.Listen(fixture.Address, UnixFileMode.UserRead).Dispose();
        await fixture.InstallDaemonAsync("echo boom >&2; exit 7");
        var result = await fixture.RunAsync("list");
        Assert.Equal(
            new CommandResult(1, "", $"kata-actors: no daemon listens on \"{fixture.Address}\", and none can be started: it ended with exit code 7: boom\n"),
            result);
    }

    [Fact]
    public async Task Should_give_the_daemon_the_flags_of_its_predecessor()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync($"printf '%s,' \"$@\" > {fixture.File("arguments")}; exit 7");
        DaemonFlags.Write(Path.GetDirectoryName(fixture.Address)!, ["--config", "/a b/c.conf", "--debug"]);

        Assert.Equal(1, (await fixture.RunAsync("list")).ExitCode);

        Assert.Equal($"--address,{fixture.Address},--config,/a b/c.conf,--debug,", await File.ReadAllTextAsync(fixture.File("arguments")));
    }

    [Fact]
    public async Task Should_not_start_a_daemon_with_flags_that_another_user_may_write()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync($"touch {fixture.File("started")}");
        var run = Path.GetDirectoryName(fixture.Address)!;
        DaemonFlags.Write(run, ["--debug"]);
        File.SetUnixFileMode(Path.Combine(run, DaemonFlags.FileName), UnixFileMode.UserRead | UnixFileMode.OtherWrite);

        var result = await fixture.RunAsync("list");

        Assert.Contains("belongs to another user, or may be written by one", result.Errors, StringComparison.Ordinal);
        Assert.False(File.Exists(fixture.File("started")));
    }

    [Fact]
    public async Task Should_say_so_when_the_daemons_program_is_missing()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var program = await fixture.InstallDaemonAsync("");
        File.Delete(program);
        var result = await fixture.RunAsync("list");
        Assert.Equal((1, true), (result.ExitCode, result.Errors.EndsWith($"none can be started: \"{program}\" does not exist\n", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Should_say_so_when_the_run_directory_cannot_be_made()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync("exit 1");
        fixture.Address = "/proc/no/daemon.sock";
        Assert.Equal(
            new CommandResult(1, "", "kata-actors: no daemon listens on \"/proc/no/daemon.sock\", and none can be started: mkdir \"/proc/no\": no such file or directory\n"),
            await fixture.RunAsync("list"));
    }

    [Theory]
    [InlineData("chmod 777 run", "is writable by other users")]
    [InlineData("chown 1000 run", "is owned by user 1000")]
    [InlineData("rmdir run; ln -s nowhere run", "which does not exist")]
    [InlineData("mv run real; ln -s real run; chown -h 1000 run", "which user 1000 owns")]
    [InlineData("chmod 777 .", "which is writable by other users")]
    public async Task Should_refuse_when_the_run_directory_is_not_its_own(string script, string cause)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync($"touch {fixture.File("started")}");
        fixture.Address = Path.Combine(Directory.CreateDirectory(fixture.File("run")).FullName, "daemon.sock");
        await ChildScript.RunAsync($"cd {fixture.File("")}; {script}");

        var result = await fixture.RunAsync("list");

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"kata-actors: no daemon listens on \"{fixture.Address}\", and none can be started: open \"{fixture.File("run")}\": ", result.Errors);
        Assert.EndsWith($"{cause}\n", result.Errors);
        Assert.False(File.Exists(fixture.File("started")));
    }

    [Fact]
    public async Task Should_refuse_when_something_else_is_in_the_sockets_place()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        await fixture.InstallDaemonAsync("exit 1");
        await File.WriteAllTextAsync(fixture.Address, "");
        Assert.Equal(new CommandResult(1, "", $"kata-actors: \"{fixture.Address}\" is not a socket\n"), await fixture.RunAsync("list"));
        File.Delete(fixture.Address);
        Directory.CreateDirectory(fixture.Address);
        Assert.Equal(new CommandResult(1, "", $"kata-actors: \"{fixture.Address}\" is not a socket\n"), await fixture.RunAsync("list"));
    }

    [Fact]
    public async Task Should_refuse_when_the_listener_speaks_another_protocol()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        using var listener = UnixSockets.Listen(fixture.Address, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var answering = AnswerGarbageAsync(listener);
        var result = await fixture.RunAsync("create", "--bundle", fixture.Bundle, "c1");
        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"kata-actors: the listener on \"{fixture.Address}\" does not answer like a kata-actors daemon: ", result.Errors);
        await answering;
    }

    [Fact]
    public async Task Should_refuse_when_the_address_is_too_long_for_a_socket()
    {
        await using var fixture = new CliFixture(withDaemon: false);
        fixture.Address = "/" + new string('a', 200);
        var result = await fixture.RunAsync("list");
        Assert.Equal((1, true), (result.ExitCode, result.Errors.EndsWith(": file name too long\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("exec setpriv --reuid=65534 --regid=65534 --clear-groups", "rootless use is not supported")]
    [InlineData("exec unshare --user --map-root-user", "rootless use is not supported")]
    [InlineData("exec unshare --pid --fork --mount-proc", "nested pid namespace")]
    public async Task Should_explain_when_the_caller_cannot_start_a_daemon(string wrapper, string explanation)
    {
        await using var fixture = new CliFixture(withDaemon: false);
        var program = await fixture.InstallDaemonAsync($"touch {fixture.File("started")}");
        File.SetUnixFileMode(fixture.File(""), (UnixFileMode)0b111_101_101);
        var output = await ChildScript.RunAsync($"{wrapper} {fixture.Program} --address {fixture.Address} create --bundle {fixture.Bundle} c1");
        Assert.Contains(explanation, output);
        output = await ChildScript.RunAsync($"{wrapper} {fixture.Program} --address {fixture.Address} list");
        Assert.Contains(explanation, output);
        Assert.False(File.Exists(fixture.File("started")), program);
    }

    [Fact]
    public async Task Should_explain_when_the_caller_may_not_use_the_socket()
    {
        await using var fixture = new CliFixture();
        await fixture.InstallDaemonAsync("");
        File.SetUnixFileMode(fixture.File(""), (UnixFileMode)0b111_101_101);
        var output = await ChildScript.RunAsync($"exec setpriv --reuid=65534 --regid=65534 --clear-groups {fixture.Program} --address {fixture.Address} list");
        Assert.Contains($"connect \"{fixture.Address}\": permission denied: rootless use is not supported", output);
    }

    private static void AssertDetached(int pid, CliFixture fixture)
    {
        Assert.Equal(pid.ToString(), File.ReadAllText($"/proc/{pid}/stat").Split(' ')[5]);
        var links = Directory.GetFiles($"/proc/{pid}/fd").Select(link => new FileInfo(link).LinkTarget!).Order().ToArray();
        Assert.Equal(["/dev/null", fixture.File("daemon.log"), fixture.File("daemon.log")], links);
        Assert.DoesNotContain("HOME=", File.ReadAllText($"/proc/{pid}/environ"));
    }

    private static async Task AnswerGarbageAsync(Socket listener)
    {
        using var client = await listener.AcceptAsync(Deadline.Token);
        await client.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
        // Until the other side has read it and left, maybe without reading our greeting.
        await Eventually.HoldsAsync(() => client.Poll(0, SelectMode.SelectRead) && HasLeft(client));
    }

    private static bool HasLeft(Socket client)
    {
        try
        {
            return client.Receive(new byte[4096]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}

using System.Text.Json;
using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>exec</c> as its caller sees it, from the request to the exit code.</summary>
public class ExecSpecs
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(255)]
    public async Task Should_end_with_the_code_of_the_process_and_leave_the_container(int code)
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        container.Write(OutputStream.Stdout, "of the first process"u8.ToArray());
        using var exec = fixture.Start(["exec", "c1", "sh"]);
        var process = await container.AddedAsync();
        process.Write(OutputStream.Stdout, "out\n"u8.ToArray());
        process.Write(OutputStream.Stderr, "err\n"u8.ToArray());
        process.Exit(code);
        Assert.Equal(new CommandResult(code, "out\n", "err\n"), await exec.WaitAsync());
        Assert.Equal("running", container.Status);
        Assert.All(fixture.StandIns, standIn => Assert.False(standIn.IsAlive()));
    }

    [Fact]
    public async Task Should_pass_stdin_on_at_once_and_to_the_end()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        var expected = new byte[Mebibyte];
        new Random(3).NextBytes(expected);
        await File.WriteAllBytesAsync(fixture.File("in"), expected);
        using var input = File.OpenHandle(fixture.File("in"));
        using var exec = fixture.Start(["exec", "c1", "cat"], stdio: [input]);
        var process = await container.AddedAsync();
        await process.WaitUntilAsync(some => some.InputClosed);
        Assert.Equal(expected, process.Input);
        Assert.Empty(container.Input);
        // The command's own: the stand-in did not ask whether the container runs.
        Assert.Single(fixture.Daemon!.Requests.OfType<StateRequest>());
        process.Exit(0);
        Assert.Equal(0, (await exec.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_forward_signals_to_the_process_alone()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var exec = fixture.Start(["exec", "c1", "sh"]);
        var process = await container.AddedAsync();
        exec.Signal(Signals.SIGINT);
        await process.WaitUntilAsync(some => some.Signals.Count == 1);
        exec.Signal(Signals.SIGUSR1);
        await process.WaitUntilAsync(some => some.Signals.Count == 2);
        Assert.Equal([((uint)Signals.SIGINT, false), ((uint)Signals.SIGUSR1, false)], process.Signals);
        Assert.Empty(container.Signals);
        process.Exit(130);
        Assert.Equal(130, (await exec.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_leave_a_stand_in_and_its_pid_when_detached()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        var written = true;
        fixture.Daemon!.OnRequest = request =>
        {
            written = request is ExecRequest ? File.Exists(fixture.PidFile) : written;
            return Task.CompletedTask;
        };
        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("exec", "--detach", "--pid-file", fixture.PidFile, "c1", "sh"));
        Assert.False(written);
        var standIn = Assert.Single(fixture.StandIns);
        Assert.True(standIn.IsAlive());
        Assert.Equal($"{standIn.Pid}", fixture.Read("pid"));
        Assert.Single(container.Added).Exit(5);
        await Eventually.HoldsAsync(() => !standIn.IsAlive());
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "exec: \"nosuch\": executable file not found in $PATH", "unable to start container process: ")]
    [InlineData(StatusCode.Unavailable, "the agent does not answer", "unable to start container process: ")]
    [InlineData(StatusCode.FailedPrecondition, "cannot exec in a stopped container", "")]
    [InlineData(StatusCode.NotFound, "container \"c1\" does not exist", "")]
    public async Task Should_leave_nothing_when_the_daemon_refuses(StatusCode code, string message, string before)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        fixture.Daemon!.OnRequest = request => request is ExecRequest ? throw new TtrpcException(code, message) : Task.CompletedTask;
        var result = await fixture.RunAsync(
            "--log", fixture.File("log"), "--log-format", "json", "exec", "-d", "--pid-file", fixture.PidFile, "c1", "nosuch");
        Assert.Equal(new CommandResult(255, "", $"kata-actors: exec failed: {before}{message}\n"), result);
        var entry = JsonDocument.Parse(Assert.Single(File.ReadAllLines(fixture.File("log")))).RootElement;
        Assert.Equal(("error", $"exec failed: {before}{message}"), (entry.GetProperty("level").GetString(), entry.GetProperty("msg").GetString()));
        Assert.False(Assert.Single(fixture.StandIns).IsAlive());
        Assert.False(File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_kill_the_process_when_the_pid_file_cannot_be_written_in_the_end()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        var folder = Directory.CreateDirectory(fixture.File("folder")).FullName;
        fixture.Daemon!.OnRequest = request =>
        {
            if (request is ExecRequest)
            {
                Directory.Delete(folder);
            }

            return Task.CompletedTask;
        };
        var result = await fixture.RunAsync("exec", "-d", "--pid-file", Path.Combine(folder, "pid"), "c1", "sh");
        Assert.Equal(new CommandResult(255, "", $"kata-actors: exec failed: pid-file \"{folder}/pid\": no such file or directory\n"), result);
        var kill = Assert.Single(fixture.Daemon.Requests.OfType<KillRequest>());
        var added = Assert.Single(fixture.Daemon.Requests.OfType<ExecRequest>());
        Assert.Equal((added.Process, (uint)Signals.SIGKILL, false), (kill.Process, kill.Signal, kill.All));
        Assert.False(Assert.Single(fixture.StandIns).IsAlive());
    }

    [Fact]
    public async Task Should_end_the_stand_in_when_the_command_is_killed()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        fixture.Daemon!.OnRequest = request => request is ExecRequest ? Task.Delay(Timeout.Infinite, Deadline.Token) : Task.CompletedTask;
        using var exec = fixture.Start(["exec", "c1", "sh"]);
        await Eventually.HoldsAsync(() => fixture.StandIns.Length == 1);
        exec.Signal(Signals.SIGKILL);
        await Eventually.HoldsAsync(() => !fixture.StandIns[0].IsAlive());
    }
}

using System.Globalization;
using System.Text;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>run</c> and <c>exec -t</c> at the caller's own terminal: raw while the process has it, and as it was after every end.</summary>
public class ForegroundTerminalSpecs
{
    [Fact]
    public async Task Should_pass_keys_and_output_unchanged()
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        var container = await RunningAsync(fixture);
        Assert.False(command.HasFormerSettings);

        command.Type("ls\r\u0003\u0004\u001a");
        await container.WaitUntilAsync(process => process.Input.Length == 6);
        Assert.Equal("ls\r\u0003\u0004\u001a", Encoding.ASCII.GetString(container.Input));
        container.Write(OutputStream.Stdout, "a\r\n\e[1mb"u8.ToArray());
        await command.ExpectAsync("a\r\n\e[1mb");
        container.Exit(7);

        Assert.Equal(7, await command.EndAsync());
        Assert.False(container.InputClosed);
        Assert.IsType<DeleteRequest>(fixture.Daemon!.Requests.OfType<DeleteRequest>().Single());
    }

    [Fact]
    public async Task Should_tell_the_size_before_the_start_and_each_new_one()
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        var container = await RunningAsync(fixture);

        var requests = fixture.Daemon!.Requests.ToList();
        var resize = requests.OfType<ResizeTerminalRequest>().Single();
        Assert.Equal((40u, 100u), (resize.Rows, resize.Columns));
        Assert.InRange(requests.IndexOf(resize), 0, requests.FindIndex(request => request is StartRequest));

        command.Resize(24, 80);
        await container.WaitUntilAsync(process => process.Size == (24, 80));
        Assert.Empty(container.Signals);
        container.Exit(0);
        Assert.Equal(0, await command.EndAsync());
    }

    [Fact]
    public async Task Should_leave_the_size_that_the_spec_gives()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec =>
        {
            spec["process"]!["terminal"] = true;
            spec["process"]!["consoleSize"] = System.Text.Json.Nodes.JsonNode.Parse("""{"height": 5, "width": 6}""");
        });
        using var command = new CommandAtTerminal(fixture, "run", "--bundle", fixture.Bundle, "c1").Begin();
        var container = await RunningAsync(fixture);

        Assert.Null(container.Size);
        container.Exit(0);
        Assert.Equal(0, await command.EndAsync());
    }

    [Theory]
    [InlineData(Signals.SIGTERM)]
    [InlineData(Signals.SIGHUP)]
    [InlineData(Signals.SIGINT)]
    public async Task Should_restore_the_terminal_after_a_signal_that_ends_the_process(int signal)
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        var container = await RunningAsync(fixture);

        command.Signal(signal);
        await container.WaitUntilAsync(process => process.Signals.Contains(((uint)signal, false)));
        container.Exit(128 + signal);

        Assert.Equal(128 + signal, await command.EndAsync());
    }

    [Fact]
    public async Task Should_restore_the_terminal_when_the_start_fails()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.OnRequest = request => request is StartRequest ? throw new TtrpcException(StatusCode.Internal, "no such program") : Task.CompletedTask;
        using var command = Run(fixture).Begin();

        Assert.Equal(1, await command.EndAsync());
        await command.ExpectAsync("kata-actors: no such program\r\n");
    }

    [Fact]
    public async Task Should_restore_the_terminal_and_hang_up_when_the_command_is_killed()
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        var container = await RunningAsync(fixture);
        Assert.False(command.HasFormerSettings);

        command.Signal(Signals.SIGKILL);

        Assert.Equal(137, await command.WaitAsync());
        await Eventually.HoldsAsync(() => command.HasFormerSettings && fixture.Daemon!.Requests.OfType<CloseInputRequest>().Any());
        container.Exit(0);
    }

    [Fact]
    public async Task Should_restore_the_terminal_and_hang_up_when_the_command_of_an_exec_is_killed()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var command = new CommandAtTerminal(fixture, "exec", "-t", "c1", "sh").Begin();
        var process = await container.AddedAsync();
        command.Type("x");
        await process.WaitUntilAsync(added => added.Input.Length == 1);
        Assert.False(command.HasFormerSettings);

        command.Signal(Signals.SIGKILL);

        await command.WaitAsync();
        await Eventually.HoldsAsync(() => command.HasFormerSettings && fixture.Daemon!.Requests.OfType<CloseInputRequest>().Any());
        process.Exit(0);
    }

    [Fact]
    public async Task Should_restore_the_terminal_when_the_stand_in_is_killed()
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        await RunningAsync(fixture);

        using (var standIn = Pidfd.TryOpen(fixture.StandIns.Single()))
        {
            standIn!.Signal(Signals.SIGKILL);
        }

        Assert.Equal(137, await command.EndAsync());
    }

    [Fact]
    public async Task Should_go_on_and_restore_the_terminal_when_the_daemon_dies()
    {
        await using var fixture = new CliFixture();
        using var command = Run(fixture).Begin();
        var container = await RunningAsync(fixture);

        fixture.Daemon!.Crash();
        command.Resize(24, 80);
        command.Type("x");
        fixture.Daemon.Listen();

        await container.WaitUntilAsync(process => process.Size == (24, 80) && process.Input.Length == 1);
        container.Write(OutputStream.Stdout, "after"u8.ToArray());
        await command.ExpectAsync("after");
        container.Exit(3);
        Assert.Equal(3, await command.EndAsync());
    }

    [Fact]
    public async Task Should_add_a_process_with_the_terminals_size()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var command = new CommandAtTerminal(fixture, "exec", "-t", "c1", "sh").Begin();
        var process = await container.AddedAsync();

        Assert.True(ProcessParser.TryParse(fixture.Daemon!.Requests.OfType<ExecRequest>().Single().Spec.Memory, out var spec, out _));
        Assert.Equal((true, 40u, 100u), (spec.Terminal, spec.ConsoleSize!.Height, spec.ConsoleSize.Width));
        command.Type("\u0003");
        await process.WaitUntilAsync(added => added.Input is [3]);
        process.Write(OutputStream.Stdout, "out\r\n"u8.ToArray());
        await command.ExpectAsync("out\r\n");
        process.Exit(130);

        Assert.Equal(130, await command.EndAsync());
    }

    [Fact]
    public async Task Should_restore_the_terminal_when_an_exec_fails()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        fixture.Daemon!.OnRequest = request => request is ExecRequest ? throw new TtrpcException(StatusCode.InvalidArgument, "exec: no program") : Task.CompletedTask;
        using var command = new CommandAtTerminal(fixture, "exec", "-t", "c1", "sh").Begin();

        Assert.Equal(255, await command.EndAsync());
        await command.ExpectAsync("kata-actors: exec failed: unable to start container process: exec: no program\r\n");
    }

    [Fact]
    public async Task Should_not_hang_the_terminal_up_when_stdin_is_another_file_that_ends()
    {
        await using var fixture = new CliFixture();
        await File.WriteAllTextAsync(fixture.File("input"), "pwd\n");
        using var input = File.OpenHandle(fixture.File("input"));
        using var command = Run(fixture).Begin(input);
        var container = await RunningAsync(fixture);

        await container.WaitUntilAsync(process => process.Input.Length == 4);
        container.Write(OutputStream.Stdout, "done"u8.ToArray());
        await command.ExpectAsync("done");
        container.Exit(0);

        Assert.Equal(0, await command.EndAsync());
        Assert.Empty(fixture.Daemon!.Requests.OfType<CloseInputRequest>());
    }

    [Fact]
    public async Task Should_stop_in_the_background_of_a_shell_until_it_is_in_the_foreground()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["process"]!["terminal"] = true);
        using var shell = new ProgramAtTerminal("sh", "-i");
        shell.Start();

        shell.Type($"{fixture.Program} --address {fixture.Address} run --bundle {fixture.Bundle} c1 &\r");
        await HasChildrenAsync(shell, "T");
        Assert.True(shell.HasFormerSettings);
        Assert.Empty(fixture.Daemon!.Requests);
        shell.Type("fg\r");
        var container = await RunningAsync(fixture);
        Assert.False(shell.HasFormerSettings);
        shell.Type("\u0003");
        await container.WaitUntilAsync(process => process.Input is [3]);
        container.Exit(4);
        await HasChildrenAsync(shell, "");

        shell.Type("echo code $?\r");
        await shell.ExpectAsync("code 4\r\n");
        Assert.True(shell.HasFormerSettings);
    }

    [Fact]
    public async Task Should_not_add_a_process_from_the_background_of_a_shell()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var shell = new ProgramAtTerminal("sh", "-i");
        shell.Start();

        shell.Type($"{fixture.Program} --address {fixture.Address} exec -t c1 sh &\r");
        await HasChildrenAsync(shell, "T");
        Assert.True(shell.HasFormerSettings);
        Assert.Empty(fixture.Daemon!.Requests.OfType<ExecRequest>());
        shell.Type("fg\r");
        var process = await container.AddedAsync();
        await Eventually.HoldsAsync(() => !shell.HasFormerSettings);
        process.Exit(5);
        await HasChildrenAsync(shell, "");

        shell.Type("echo code $?\r");
        await shell.ExpectAsync("code 5\r\n");
    }

    [Fact]
    public async Task Should_refuse_without_a_terminal()
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["process"]!["terminal"] = true);
        using var command = new RunningCommand(
            new SpawnRequest
            {
                Path = "/usr/bin/setsid",
                Arguments = ["setsid", "sh", "-c", $"exec {fixture.Program} --address {fixture.Address} run --bundle {fixture.Bundle} c1 2> {fixture.File("err")}"],
                Environment = ["PATH=/usr/bin:/bin"],
            },
            fixture.File("config"), fixture.File("err"));
        await File.WriteAllTextAsync(fixture.File("config"), "");

        Assert.Equal(
            new CommandResult(1, "", "kata-actors: process.terminal is true, but this command has no terminal: open \"/dev/tty\": no such device or address\n"),
            await command.WaitAsync());
        Assert.Empty(fixture.Daemon!.Requests);
    }

    // Their states, as ps(1) shows them.
    private static Task HasChildrenAsync(ProgramAtTerminal shell, string states) => Eventually.HoldsAsync(() =>
        states == string.Concat(File.ReadAllText($"/proc/{shell.Pid}/task/{shell.Pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(State)));

    private static char State(string pid) =>
        ProcessFiles.TryRead(int.Parse(pid, CultureInfo.InvariantCulture), "stat") is { Length: > 0 } stat ? Encoding.UTF8.GetString(stat).Split(") ")[^1][0] : 'X';

    private static CommandAtTerminal Run(CliFixture fixture)
    {
        fixture.WriteSpec(spec => spec["process"]!["terminal"] = true);
        return new CommandAtTerminal(fixture, "run", "--bundle", fixture.Bundle, "c1");
    }

    private static async Task<FakeContainer> RunningAsync(CliFixture fixture)
    {
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<StartRequest>().Any());
        var container = fixture.Daemon!["c1"];
        await container.WaitUntilAsync(process => process.Status == "running");
        return container;
    }
}

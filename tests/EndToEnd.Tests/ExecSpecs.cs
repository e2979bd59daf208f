using System.Globalization;
using System.Text.Json;

namespace KataActors.EndToEnd.Tests;

/// <summary>Processes that are added to a running container.</summary>
public sealed class ExecSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_run_a_command_in_the_container_with_its_output_and_exit_code()
    {
        var id = await RunAsync("echo own > /dev/mark; exec sleep 1000");

        var result = await _daemon.RunAsync("exec", id, "sh", "-c", "cat /dev/mark; echo trouble >&2; exit 7");

        Assert.Equal((7, "own\n", "trouble\n"), (result.ExitCode, result.Output, result.Errors));
        Assert.Equal("running", await _daemon.StatusAsync(id));
    }

    [Fact]
    public async Task Should_give_the_process_its_user_folder_and_environment()
    {
        var id = await RunAsync("exec sleep 1000");

        var result = await _daemon.RunAsync(
            "exec", "--user", "1000:1001", "--additional-gids", "7", "--cwd", "/tmp", "--env", "COLOUR=red", id, "sh", "-c", "id -u; id -g; id -G; pwd; echo $COLOUR");

        Assert.Equal("1000\n1001\n1001 7\n/tmp\nred\n", result.MustSucceed().Output);
    }

    [Fact]
    public async Task Should_pass_its_input_on()
    {
        var id = await RunAsync("exec sleep 1000");
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var exec = _daemon.Start(read, null, "exec", id, "cat");

        BlockingStreams.Write(write, "one\ntwo\n"u8);
        write.Dispose();

        Assert.Equal("one\ntwo\n", (await exec.FinishAsync()).MustSucceed().Output);
    }

    [Fact]
    public async Task Should_end_with_its_container()
    {
        var id = await RunAsync("exec sleep 1000");
        var exec = _daemon.Start("exec", id, "sh", "-c", "echo up; exec sleep 1000");
        await exec.OutputAsync("up\n");

        await _daemon.SucceedAsync("kill", id, "KILL");

        Assert.Equal(137, (await exec.FinishAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_lose_no_line_and_no_exit_code_when_the_daemon_is_killed()
    {
        var id = await RunAsync("exec sleep 1000");
        var exec = _daemon.Start("exec", id, "sh", "-c", "i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; exit 9");
        await exec.OutputAsync("line 5\n");

        _daemon.Kill();

        var result = await exec.FinishAsync();
        Assert.Equal(9, result.ExitCode);
        Assert.Equal(string.Concat(Enumerable.Range(1, 100).Select(number => $"line {number}\n")), result.Output);
    }

    [Fact]
    public async Task Should_say_what_cannot_be_executed_and_where_it_cannot()
    {
        var id = await RunAsync("exec sleep 1000");

        var missing = await _daemon.RunAsync("exec", id, "nosuch");
        Assert.Equal((255, "kata-actors: exec failed: unable to start container process: exec: \"nosuch\": executable file not found in $PATH\n"), (missing.ExitCode, missing.Errors));
        Assert.Contains("does not exist", (await _daemon.RunAsync("exec", _daemon.NewId(), "true")).Errors, StringComparison.Ordinal);
        await _daemon.SucceedAsync("kill", id, "KILL");
        await _daemon.StatusAsync(id, "stopped");
        Assert.Contains("cannot exec in a stopped container", (await _daemon.RunAsync("exec", id, "true")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_take_as_many_arguments_and_variables_as_execve_does()
    {
        // execve(2): 2 MiB in all, 128 KiB each.
        const int Longest = (128 * 1024) - 1;
        var id = await RunAsync("exec sleep 1000");
        var process = Path.Combine(_daemon.Directory, "process.json");
        async Task<CommandResult> ExecAsync(int count, int length)
        {
            var env = Enumerable.Range(10, count).Select(number => $"V{number}=".PadRight(length, 'x'));
            await File.WriteAllTextAsync(process, JsonSerializer.Serialize(new { cwd = "/", args = new[] { "busybox", "wc", "-c", "/proc/self/environ" }, env = env.Prepend("PATH=/bin") }));
            return await _daemon.RunAsync("exec", "--process", process, id);
        }

        var most = (await ExecAsync(15, Longest)).MustSucceed();
        Assert.InRange(int.Parse(most.Output.Split(' ')[0], CultureInfo.InvariantCulture), 15 * (Longest + 1), 16 * (Longest + 1));
        foreach (var tooMany in new[] { await ExecAsync(16, Longest), await ExecAsync(1, Longest + 1) })
        {
            Assert.Equal(255, tooMany.ExitCode);
            Assert.Contains("argument list too long", tooMany.Errors, StringComparison.Ordinal);
        }

        Assert.Equal("running", await _daemon.StatusAsync(id));
    }

    [Fact]
    public async Task Should_leave_nothing_of_many_at_once()
    {
        var id = await RunAsync("exec sleep 1000");
        var before = await HostSnapshot.TakeAsync(_daemon);

        for (var wave = 0; wave < 5; wave++)
        {
            var codes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async code => (await _daemon.RunAsync("exec", id, "sh", "-c", $"exit {code}")).ExitCode));
            Assert.Equal(Enumerable.Range(0, 8), codes);
        }

        await before.MustBeRestoredAsync();
        var processes = (await _daemon.RunAsync("exec", id, "busybox", "ps", "-o", "comm")).MustSucceed().Output;
        Assert.Equal("COMMAND\nsleep\nbusybox\n", processes);
    }

    private async Task<string> RunAsync(string script)
    {
        var id = _daemon.NewId();
        var create = _daemon.Start("create", "--bundle", _daemon.ShellBundle(script).Path, id);
        (await create.FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("start", id);
        return id;
    }
}

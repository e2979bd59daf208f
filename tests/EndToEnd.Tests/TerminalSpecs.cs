using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.EndToEnd.Tests;

/// <summary>Processes with a terminal, from the caller's terminal to that in the guest.</summary>
public sealed class TerminalSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_run_a_shell_at_the_callers_terminal_with_its_size_from_the_first_command_on()
    {
        var before = await HostSnapshot.TakeAsync(_daemon);
        var bundle = Bundle("sh", "-c", "busybox tty; busybox stty size; exec sh");
        using (var run = AtTerminal("run", "--bundle", bundle.Path, _daemon.NewId()))
        {
            await run.ExpectAsync("/dev/pts/0\r\n40 100\r\n");
            await run.ExpectAsync("# ");

            run.Resize(24, 80);
            run.Type("until busybox stty size | busybox grep '24 80'; do sleep 0.1; done\r");
            await run.ExpectAsync("\n24 80\r\n");
            run.Type("echo $((40 + 1)); cat\r");
            await run.ExpectAsync("\n41\r\n");
            run.Type("word\r");
            await run.ExpectAsync("word\r\nword\r\n");
            run.Type("\u0003");
            await run.ExpectAsync("^C");
            run.Type("exit 7\r");

            Assert.Equal(7, await run.WaitAsync());
            Assert.True(run.HasFormerSettings);
        }

        Directory.Delete(bundle.Path, recursive: true);
        await before.MustBeRestoredAsync();
    }

    [Fact]
    public async Task Should_start_with_the_size_that_the_spec_gives()
    {
        var bundle = Bundle("busybox", "stty", "size").With("process.consoleSize", new JsonObject { ["height"] = 43, ["width"] = 132 });
        using var run = AtTerminal("run", "--bundle", bundle.Path, _daemon.NewId());

        await run.ExpectAsync("43 132\r\n");
        Assert.Equal(0, await run.WaitAsync());
    }

    [Fact]
    public async Task Should_add_processes_at_the_callers_terminal()
    {
        var id = await RunAsync();
        using (var exec = AtTerminal("exec", "-t", id, "sh", "-c", "busybox stty size; trap '' HUP; sleep 1000 & echo hi; exit 5"))
        {
            await exec.ExpectAsync("40 100\r\nhi\r\n");

            Assert.Equal(5, await exec.WaitAsync());
            Assert.True(exec.HasFormerSettings);
        }

        using var vi = AtTerminal("exec", "-t", "-e", "TERM=xterm", id, "busybox", "vi", "/tmp/file");
        await vi.ExpectAsync("\e[");
        vi.Type("ihello\e");
        await vi.ExpectAsync("hello");
        vi.Type(":wq\r");
        Assert.Equal(0, await vi.WaitAsync());
        Assert.Equal("hello\n", (await _daemon.RunAsync("exec", id, "cat", "/tmp/file")).MustSucceed().Output);

        using var top = AtTerminal("exec", "-t", "-e", "TERM=xterm", id, "busybox", "top", "-d", "1");
        await top.ExpectAsync("Mem: ");
        await top.ExpectAsync("sleep 1000");
        top.Type("q");
        Assert.Equal(0, await top.WaitAsync());
        Assert.True(vi.HasFormerSettings && top.HasFormerSettings);
    }

    [Fact]
    public async Task Should_lose_no_byte_and_no_exit_code_when_the_daemon_is_killed()
    {
        var bundle = Bundle("sh", "-c", "busybox stty -echo; i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; sleep 0.05; done; read word; echo $word; exit 9");
        using var run = AtTerminal("run", "--bundle", bundle.Path, _daemon.NewId());
        await run.ExpectAsync("line 5\r\n");

        _daemon.Kill();
        run.Type("typed\r");
        await run.ExpectAsync("line 50\r\n");
        _daemon.Kill();

        await run.ExpectAsync("typed\r\n");
        Assert.Equal(9, await run.WaitAsync());
        Assert.Equal(string.Concat(Enumerable.Range(1, 100).Select(number => $"line {number}\r\n")) + "typed\r\n", run.Screen);
        Assert.True(run.HasFormerSettings);
    }

    [Fact]
    public async Task Should_give_the_master_to_the_caller_and_hang_up_when_it_is_closed()
    {
        var bundle = Bundle("sh", "-c", "trap 'echo hung up > /tmp/mark; exit 3' HUP; busybox stty size; read line; echo got $line; while :; do sleep 0.1; done")
            .With("process.consoleSize", new JsonObject { ["height"] = 40, ["width"] = 100 });
        var (id, path) = (_daemon.NewId(), Path.Combine(bundle.Path, "console.sock"));
        using var listener = UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await _daemon.SucceedAsync("create", "--bundle", bundle.Path, "--console-socket", path, "--pid-file", bundle.PidFile, id);
        using (var master = await TakeAsync(listener))
        {
            await _daemon.SucceedAsync("start", id);
            await ExpectAsync(master, "40 100\r\n");
            BlockingStreams.Write(master, "word\r"u8);
            await ExpectAsync(master, "word\r\ngot word\r\n");
        }

        await _daemon.StatusAsync(id, "stopped");
        Assert.Equal("hung up\n", await File.ReadAllTextAsync(Path.Combine(bundle.Rootfs, "tmp", "mark")));
        await _daemon.SucceedAsync("delete", id);
    }

    private static async Task<SafeFileHandle> TakeAsync(System.Net.Sockets.Socket listener)
    {
        using var connection = await listener.AcceptAsync(Deadline.Token);
        var descriptors = new List<SafeFileHandle>();
        await DescriptorPassing.ReceiveAsync(connection.SafeHandle, new byte[100], descriptors, Deadline.Token);
        return Assert.Single(descriptors);
    }

    private static async Task ExpectAsync(SafeFileHandle master, string text)
    {
        var seen = "";
        while (!seen.Contains(text, StringComparison.Ordinal))
        {
            await DescriptorEvents.WaitReadableAsync(master, Deadline.Token);
            var buffer = new byte[4096];
            seen += System.Text.Encoding.UTF8.GetString(buffer, 0, BlockingStreams.Read(master, buffer));
        }
    }

    private async Task<string> RunAsync()
    {
        var id = _daemon.NewId();
        (await _daemon.Start("create", "--bundle", Bundle("sleep", "1000").With("process.terminal", false).Path, id).FinishAsync()).MustSucceed();
        await _daemon.SucceedAsync("start", id);
        return id;
    }

    private TestBundle Bundle(params string[] command)
    {
        var bundle = _daemon.Bundle(command).With("process.terminal", true);
        bundle.Spec["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/dev/pts",
            ["type"] = "devpts",
            ["source"] = "devpts",
            ["options"] = new JsonArray("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"),
        });
        return bundle.Save();
    }

    private ProgramAtTerminal AtTerminal(params string[] arguments)
    {
        var program = new ProgramAtTerminal([Installation.CommandLine, "--address", _daemon.Address, .. arguments]);
        program.Start();
        return program;
    }
}

using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

/// <summary>Terminals of processes in a real guest.</summary>
public sealed class TerminalSpecs(GuestFixture guest)
{
    [Fact]
    public async Task Should_give_the_first_process_a_terminal_of_the_containers_own_with_its_size()
    {
        var (container, terminal) = await BeginAsync("sh", "-c", "busybox tty; busybox stty size; ls -l /proc/self/fd/2; echo 1 > /dev/tty; echo 2 > /dev/console; echo 3 >&2");

        Assert.Equal(0, await container.WaitAsync());

        var lines = (await terminal.EndAsync()).Split("\r\n");
        Assert.Equal(["/dev/pts/0", "40 100"], lines[..2]);
        Assert.EndsWith("-> /dev/pts/0", lines[2], StringComparison.Ordinal);
        Assert.Equal(["1", "2", "3", ""], lines[3..]);
        Assert.Empty(await container.ReadToEndAsync(error: true));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_have_a_console_only_with_a_terminal()
    {
        var container = await guest.ContainerAsync("ls", "/dev/console");

        Assert.NotEqual(0, (await container.RunAsync()).Code);
    }

    [Fact]
    public async Task Should_control_jobs_and_take_keys_for_signals()
    {
        var (container, terminal) = await BeginAsync("sh");
        await terminal.ExpectAsync("# ");

        // The shell edits its line in a mode of its own: what is typed before the command runs would be no signal.
        await terminal.TypeAsync("echo $((40 + 1)); cat\r");
        await terminal.ExpectAsync("\n41\r\n");
        await terminal.TypeAsync("word\r");
        await terminal.ExpectAsync("word\r\nword\r\n");
        await terminal.TypeAsync("\u0003");
        await terminal.ExpectAsync("^C");
        await terminal.ExpectAsync("# ");
        await terminal.TypeAsync("echo code $?\r");
        await terminal.ExpectAsync("code 130");

        await terminal.TypeAsync("sh -c 'echo $((40 + 3)); exec sleep 1000'\r");
        await terminal.ExpectAsync("\n43\r\n");
        await terminal.TypeAsync("\u001a");
        await terminal.ExpectAsync("Stopped");
        await terminal.ExpectAsync("# ");
        await terminal.TypeAsync("kill %1; fg\r");
        await terminal.ExpectAsync("Terminated");

        await terminal.TypeAsync("echo $((40 + 4)); cat; echo after $((40 + 2))\r");
        await terminal.ExpectAsync("\n44\r\n");
        await terminal.TypeAsync("line\r");
        await terminal.ExpectAsync("line\r\nline\r\n");
        await terminal.TypeAsync("\u0004");
        await terminal.ExpectAsync("after 42");

        await terminal.TypeAsync("exit 7\r");
        await terminal.EndAsync();
        Assert.Equal(7, await container.WaitAsync());
        Assert.DoesNotContain("job control", terminal.Text, StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_take_a_new_size_and_tell_the_process()
    {
        var (container, terminal) = await BeginAsync("sh", "-c", "trap 'busybox stty size' WINCH; echo ready; while :; do read line && echo $line; done");
        await terminal.ExpectAsync("ready");

        await ResizeAsync(container, 24, 80);
        await terminal.ExpectAsync("24 80");
        await ResizeAsync(container, 24, 80);
        await terminal.TypeAsync("end\r");
        await terminal.ExpectAsync("end\r\nend\r\n");

        await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, () => ResizeAsync(container, 70_000, 80));
        Assert.DoesNotContain("24 80", terminal.Text[(terminal.Text.IndexOf("24 80", StringComparison.Ordinal) + 5)..], StringComparison.Ordinal);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_refuse_a_size_without_a_terminal()
    {
        var container = await (await guest.ContainerAsync("sleep", "1000")).BeginAsync();

        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.FailedPrecondition, () => ResizeAsync(container, 24, 80));

        Assert.Equal($"container \"{container.Id}\" has no terminal", failure.Message);
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_give_each_exec_a_terminal_of_its_own()
    {
        var (container, _) = await BeginAsync("sleep", "1000");
        var exec = container.Exec("e", "sh", "-c", "busybox tty; busybox stty size; echo out > /dev/tty; exit 3");
        exec.Process.ConsoleSize = new Box { Height = 25, Width = 81 };
        await exec.StartAsync();

        Assert.Equal((3, "/dev/pts/1\r\n25 81\r\nout\r", ""), await exec.EndAsync());

        await exec.RemoveAsync();
        Assert.Equal((0, "/dev/pts/1\r", ""), await container.Exec("again", "busybox", "tty").RunAsync());
        await container.RemoveAsync();
    }

    [Theory]
    [InlineData("sleep 1000 & echo hi")]
    [InlineData("trap '' HUP; sleep 1000 & echo hi")]
    [InlineData("trap '' HUP; (while sleep 0.01; do echo; done) & echo hi")]
    public async Task Should_end_with_its_process_when_others_keep_the_terminal(string script)
    {
        var (container, _) = await BeginAsync("sleep", "1000");
        var exec = container.Exec("e", "sh", "-c", script);
        await exec.StartAsync();

        var (code, output, _) = await exec.EndAsync();

        Assert.Equal((0, "hi\r"), (code, output.TrimStart('\r', '\n').Split('\n')[0]));
        await exec.RemoveAsync();
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_lose_no_byte_when_much_passes_and_the_process_ends_at_once()
    {
        var (container, _) = await BeginAsync("sh", "-c", "busybox stty -opost; seq 1 200000");

        var text = System.Text.Encoding.ASCII.GetString(await container.ReadToEndAsync());

        Assert.Equal(Enumerable.Range(1, 200_000).Select(number => $"{number}"), text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_go_on_when_the_program_closes_its_terminal_and_opens_it_again()
    {
        var (container, terminal) = await BeginAsync("sh", "-c", "exec <&- >&- 2>&-; sleep 0.3; read word < /dev/console; echo got $word > /dev/console; sleep 0.3; exit 4");
        await terminal.TypeAsync("word\r");

        Assert.Equal("word\r\ngot word\r\n", await terminal.EndAsync());

        Assert.Equal(4, await container.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_hang_up_when_the_input_is_closed()
    {
        var (container, terminal) = await BeginAsync("sh", "-c", "trap 'exit 9' HUP; echo ready; while :; do sleep 0.1; done");
        await terminal.ExpectAsync("ready");

        await container.CloseInputAsync(0);

        Assert.Equal(9, await container.WaitAsync());
        await terminal.EndAsync();
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_belong_to_the_processs_user()
    {
        var container = await guest.ContainerAsync("sh", "-c", "stat -c '%u %g %a' /dev/pts/0; echo E > /dev/stderr; echo F > /proc/self/fd/1; echo C > /dev/console");
        container.Spec.Process.Terminal = true;
        container.Spec.Process.User = new User { UID = 1234, GID = 1234 };

        Assert.Equal((0, "1234 5 620\r\nE\r\nF\r\nC\r", ""), await container.RunAsync());
    }

    [Fact]
    public async Task Should_run_programs_that_use_the_whole_screen()
    {
        var (container, _) = await BeginAsync("sleep", "1000");
        var vi = container.Exec("vi", "busybox", "vi", "/tmp/file");
        vi.Process.Env.Add("TERM=xterm");
        await vi.StartAsync();
        var screen = new GuestTerminal(vi);
        await screen.ExpectAsync("\e[");
        await screen.TypeAsync("ihello world\e");
        await screen.ExpectAsync("hello world");
        await screen.TypeAsync(":wq\r");
        Assert.Equal(0, await vi.WaitAsync());
        Assert.Equal((0, "hello world\r", ""), await container.Exec("cat", "cat", "/tmp/file").RunAsync());

        var top = container.Exec("top", "busybox", "top", "-d", "1");
        top.Process.Env.Add("TERM=xterm");
        await top.StartAsync();
        screen = new GuestTerminal(top);
        await screen.ExpectAsync("Mem: ");
        await screen.ExpectAsync("sleep 1000");
        await screen.TypeAsync("q");
        Assert.Equal(0, await top.WaitAsync());
        await container.RemoveAsync();
    }

    [Fact]
    public async Task Should_refuse_a_terminal_when_the_container_has_no_devpts()
    {
        var container = await guest.ContainerAsync("true");
        container.Spec.Process.Terminal = true;
        container.Spec.Mounts.Remove(container.Spec.Mounts.Single(mount => mount.Destination == "/dev/pts"));

        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, container.CreateAsync);

        Assert.Equal("process.terminal: the container has no /dev/pts/ptmx", failure.Message);
    }

    [Fact]
    public async Task Should_refuse_what_is_no_maker_of_terminals_in_a_hostile_container()
    {
        var container = await guest.ContainerAsync("sleep", "1000");
        container.Spec.Mounts.Remove(container.Spec.Mounts.Single(mount => mount.Destination == "/dev/pts"));
        await container.BeginAsync();
        await container.Exec("prepare", "sh", "-c", "mkdir /dev/pts; busybox mkfifo /dev/pts/ptmx").RunAsync();
        var exec = container.Exec("e", "true");
        exec.Process.Terminal = true;

        var failure = await ContainerLifecycleSpecs.FailsAsync(StatusCode.InvalidArgument, exec.StartAsync);

        Assert.Equal("process.terminal: /dev/pts/ptmx of the container makes no terminals", failure.Message);
        await container.RemoveAsync();
    }

    private async Task<(GuestContainer Container, GuestTerminal Terminal)> BeginAsync(params string[] command)
    {
        var container = await guest.ContainerAsync(command);
        container.Spec.Process.Terminal = true;
        container.Spec.Process.ConsoleSize = new Box { Height = 40, Width = 100 };
        return (await container.BeginAsync(), new GuestTerminal(container));
    }

    private static Task ResizeAsync(GuestProcess process, uint rows, uint columns) => process.Vm.Agent.TtyWinResizeAsync(
        new TtyWinResizeRequest { ContainerId = process.ContainerId, ExecId = process.ExecId, Row = rows, Column = columns }, GuestVm.CallTimeout, CancellationToken.None);
}

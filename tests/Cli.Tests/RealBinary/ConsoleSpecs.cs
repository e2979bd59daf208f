using System.Net.Sockets;
using System.Text;
using KataActors.Linux;
using KataActors.Oci;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>Terminals of detached processes: the caller gets the master by <c>--console-socket</c>, or names its own terminal by <c>--console</c>.</summary>
public class ConsoleSpecs
{
    [Fact]
    public async Task Should_send_the_master_of_a_new_terminal_with_the_specs_size()
    {
        await using var fixture = Fixture();
        using var receiver = new Receiver(fixture);

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--console-socket", receiver.Path, "c1"));

        var (name, master) = await receiver.TakeAsync();
        using (master)
        {
            Assert.Equal("/dev/ptmx", name);
            Assert.Equal(new TerminalSize(25, 81), Terminal.ReadSize(master));
            var container = fixture.Daemon!["c1"];
            container.Start();
            BlockingStreams.Write(master, "ls\r\u0003"u8);
            await container.WaitUntilAsync(process => process.Input.Length == 4);
            Assert.Equal("ls\r\u0003", Encoding.ASCII.GetString(container.Input));
            container.Write(OutputStream.Stdout, "a\n"u8.ToArray());
            Assert.Equal("a\n", await ReadAsync(master, 2));

            Terminal.SetSize(master, new TerminalSize(24, 80));
            await container.WaitUntilAsync(process => process.Size == (24, 80));

            // The end of the process is that of the terminal.
            container.Exit(0);
            Assert.Equal(Errno.EIO, (await Assert.ThrowsAsync<LinuxException>(() => ReadAsync(master, 1))).Errno);
        }
    }

    [Fact]
    public async Task Should_hang_up_when_the_caller_closes_the_master()
    {
        await using var fixture = Fixture();
        using var receiver = new Receiver(fixture);
        await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--console-socket", receiver.Path, "c1");
        var container = fixture.Daemon!["c1"];
        container.Start();

        (await receiver.TakeAsync()).Master.Dispose();

        await container.WaitUntilAsync(process => process.InputClosed && process.Signals.Contains(((uint)Signals.SIGHUP, false)));
        var before = fixture.Daemon.Requests.Count;
        container.Write(OutputStream.Stdout, "nobody reads"u8.ToArray());
        await container.WaitUntilAsync(process => process.Acknowledged(OutputStream.Stdout) == 12);
        Assert.InRange(fixture.Daemon.Requests.Count - before, 0, 5);
        container.Exit(129);
    }

    [Fact]
    public async Task Should_add_a_process_with_a_terminal()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var receiver = new Receiver(fixture);

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("exec", "--detach", "--tty", "--console-socket", receiver.Path, "c1", "sh"));

        using var master = (await receiver.TakeAsync()).Master;
        var process = Assert.Single(container.Added);
        process.Write(OutputStream.Stdout, "hi"u8.ToArray());
        Assert.Equal("hi", await ReadAsync(master, 2));
        process.Exit(0);
    }

    [Fact]
    public async Task Should_use_the_terminal_that_the_caller_names()
    {
        await using var fixture = Fixture(size: null);
        using var pair = PseudoTerminal.Open();
        Terminal.SetSize(pair.Master, new TerminalSize(30, 90));
        var path = await ChildScript.RunAsync($"readlink /proc/{Environment.ProcessId}/fd/{pair.Slave.DangerousGetHandle()}");

        Assert.Equal(new CommandResult(0, "", ""), await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--console", path.Trim(), "c1"));

        var container = fixture.Daemon!["c1"];
        Assert.Equal((30u, 90u), container.Size);
        container.Start();
        BlockingStreams.Write(pair.Master, "\u0003"u8);
        await container.WaitUntilAsync(process => process.Input is [3]);
        Terminal.SetSize(pair.Master, new TerminalSize(24, 80));
        await container.WaitUntilAsync(process => process.Size == (24, 80));
        container.Exit(0);
    }

    [Fact]
    public async Task Should_undo_the_container_when_nobody_takes_the_master()
    {
        await using var fixture = Fixture();
        var path = fixture.File("socket");
        using (UnixSockets.Listen(path, UnixFileMode.UserRead | UnixFileMode.UserWrite))
        {
        }

        Assert.Equal(
            new CommandResult(1, "", $"kata-actors: --console-socket \"{path}\": connection refused\n"),
            await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--console-socket", path, "--pid-file", fixture.PidFile, "c1"));
        Assert.True(fixture.Daemon!.Requests.OfType<DeleteRequest>().Single().Force);
        Assert.All(fixture.StandIns, standIn => Assert.False(standIn.IsAlive()));
        Assert.False(File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_leave_no_terminal_behind_when_the_creation_fails()
    {
        await using var fixture = Fixture();
        using var receiver = new Receiver(fixture);
        fixture.OnCreate = (_, _) => throw new TtrpcException(StatusCode.Internal, "no");

        Assert.Equal(new CommandResult(1, "", "kata-actors: no\n"), await fixture.RunAsync("create", "--bundle", fixture.Bundle, "--console-socket", receiver.Path, "c1"));

        Assert.False(receiver.HasCaller);
    }

    [Theory]
    [InlineData(true, "create", "cannot allocate tty if runc will detach without setting console socket")]
    [InlineData(true, "run -d", "cannot allocate tty if runc will detach without setting console socket")]
    [InlineData(true, "create --console-socket ", "cannot allocate tty if runc will detach without setting console socket")]
    [InlineData(true, "run --console-socket /s", "cannot use console socket if runc will not detach or allocate tty")]
    [InlineData(false, "create --console-socket /s", "cannot use console socket if runc will not detach or allocate tty")]
    [InlineData(false, "run -d --console-socket /s", "cannot use console socket if runc will not detach or allocate tty")]
    [InlineData(true, "create --console-socket /no/such", "--console-socket \"/no/such\": no such file or directory")]
    [InlineData(true, "create --console-socket /dev/null", "--console-socket \"/dev/null\": is a character device, not a socket")]
    [InlineData(true, "create --console-socket /tmp", "--console-socket \"/tmp\": is a directory, not a socket")]
    [InlineData(true, "create --console /no/such", "--console \"/no/such\": no such file or directory")]
    [InlineData(true, "create --console /dev/null", "--console \"/dev/null\": is not a terminal")]
    [InlineData(false, "create --console /dev/null", "--console \"/dev/null\": process.terminal is false")]
    public async Task Should_refuse_what_does_not_fit_together_before_any_request(bool terminal, string line, string message)
    {
        await using var fixture = new CliFixture();
        fixture.WriteSpec(spec => spec["process"]!["terminal"] = terminal);

        Assert.Equal(new CommandResult(1, "", $"kata-actors: {message}\n"), await fixture.RunAsync([.. line.Split(' '), "--bundle", fixture.Bundle, "c1"]));

        Assert.Empty(fixture.Daemon!.Requests);
    }

    [Theory]
    [InlineData("-t -d c1 sh", "cannot allocate tty if runc will detach without setting console socket")]
    [InlineData("-d --console-socket /s c1 sh", "cannot use console socket if runc will not detach or allocate tty")]
    [InlineData("-t --console-socket /s c1 sh", "cannot use console socket if runc will not detach or allocate tty")]
    public async Task Should_refuse_an_exec_that_does_not_fit_before_its_stand_in(string line, string message)
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");

        Assert.Equal(new CommandResult(255, "", $"kata-actors: exec failed: {message}\n"), await fixture.RunAsync(["exec", .. line.Split(' ')]));

        Assert.IsType<StateRequest>(Assert.Single(fixture.Daemon!.Requests));
    }

    [Fact]
    public async Task Should_refuse_a_terminal_that_the_file_of_a_process_does_not_ask_for()
    {
        await using var fixture = new CliFixture();
        fixture.AddRunning("c1");
        await File.WriteAllTextAsync(fixture.File("p"), """{"args": ["sh"], "cwd": "/"}""");

        var result = await fixture.RunAsync("exec", "-t", "-p", fixture.File("p"), "c1");

        Assert.Equal(new CommandResult(255, "", $"kata-actors: exec failed: --process \"{fixture.File("p")}\": process.terminal is false, but a terminal is asked for\n"), result);
    }

    private static CliFixture Fixture(string? size = """{"height": 25, "width": 81}""")
    {
        var fixture = new CliFixture();
        fixture.WriteSpec(spec =>
        {
            spec["process"]!["terminal"] = true;
            spec["process"]!["consoleSize"] = size is null ? null : System.Text.Json.Nodes.JsonNode.Parse(size);
        });
        return fixture;
    }

    private static async Task<string> ReadAsync(SafeFileHandle master, int count)
    {
        var text = new StringBuilder();
        while (text.Length < count)
        {
            await DescriptorEvents.WaitReadableAsync(master, Deadline.Token);
            var buffer = new byte[100];
            text.Append(Encoding.UTF8.GetString(buffer, 0, BlockingStreams.Read(master, buffer)));
        }

        return text.ToString();
    }

    /// <summary>The socket of a caller such as conmon.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly Socket _listener;

        public Receiver(CliFixture fixture)
        {
            Path = fixture.File("console.sock");
            _listener = UnixSockets.Listen(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        public string Path { get; }

        public bool HasCaller => _listener.Poll(TimeSpan.Zero, SelectMode.SelectRead);

        public async Task<(string Name, SafeFileHandle Master)> TakeAsync()
        {
            using var connection = await _listener.AcceptAsync(Deadline.Token);
            var (buffer, descriptors) = (new byte[100], new List<SafeFileHandle>());
            var length = await DescriptorPassing.ReceiveAsync(connection.SafeHandle, buffer, descriptors, Deadline.Token);
            return (Encoding.UTF8.GetString(buffer, 0, length), Assert.Single(descriptors));
        }

        public void Dispose() => _listener.Dispose();
    }
}

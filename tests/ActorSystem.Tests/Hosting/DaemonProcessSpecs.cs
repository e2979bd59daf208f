using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

/// <summary>The real program, as installed, with an empty environment.</summary>
public sealed class DaemonProcessSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Socket => _directory.File("daemon.sock");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_answer_and_leave_nothing_but_its_state_when_told_to_stop()
    {
        await using var daemon = Start();

        var version = await daemon.GreetAsync(Socket);
        Assert.Equal(daemon.Pid, version.DaemonPid);
        Assert.Equal($"{daemon.Pid}\n", File.ReadAllText(_directory.File("daemon.pid")));
        daemon.Signal(Signals.SIGTERM);

        Assert.Equal(new ProcessExit(0, null), await daemon.WaitAsync());
        Assert.Equal("", await daemon.ReadErrorsAsync());
        Assert.Equal(["daemon.flags", "daemon.instance", "state"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Should_record_its_flags_when_it_serves_and_not_when_it_cannot()
    {
        string[] flags = ["--state-directory", _directory.File("other"), "--debug"];
        await using (var daemon = DaemonProcess.Start(["--address", Socket, .. flags]))
        {
            await daemon.GreetAsync(Socket);
            Assert.Equal(flags, DaemonFlags.Read(_directory.Path));
        }

        await using var failed = DaemonProcess.Start(["--address", Socket, "--log", _directory.Path]);
        Assert.Equal(new ProcessExit(1, null), await failed.WaitAsync());
        Assert.Equal(flags, DaemonFlags.Read(_directory.Path));
    }

    [Fact]
    public async Task Should_take_its_directory_back_after_it_was_killed()
    {
        await using (var first = Start())
        {
            await first.GreetAsync(Socket);
        }

        Assert.True(File.Exists(Socket));
        await using var second = Start();
        Assert.Equal(second.Pid, (await second.GreetAsync(Socket)).DaemonPid);
    }

    [Fact]
    public async Task Should_have_all_the_descriptors_that_the_host_gives_and_say_how_many()
    {
        await using var daemon = DaemonProcess.StartWithDescriptors(300, 4000, "--address", Socket);
        await daemon.GreetAsync(Socket);

        Assert.Contains(File.ReadAllLines($"/proc/{daemon.Pid}/limits"), line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Max", "open", "files", "4000", "4000", ..]);
        Assert.Contains("4000 descriptors", File.ReadAllText(Path.Combine(_directory.Path, "state", "daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_have_no_limits_that_its_vms_would_die_of_when_its_starter_had_some()
    {
        await using var daemon = DaemonProcess.StartWithLimits(
            ["--as=1125899906842624:", "--data=1125899906842624:", "--cpu=100000:", "--fsize=1125899906842624:", "--stack=4194304:"], "--address", Socket);
        await daemon.GreetAsync(Socket);

        var limits = File.ReadAllLines($"/proc/{daemon.Pid}/limits");
        foreach (var name in new[] { "Max address space", "Max data size", "Max cpu time", "Max file size" })
        {
            Assert.Contains(limits, line => line.StartsWith($"{name} ", StringComparison.Ordinal) && line[26..].StartsWith("unlimited ", StringComparison.Ordinal));
        }

        Assert.Contains(limits, line => line.StartsWith("Max stack size ", StringComparison.Ordinal) && line[26..].StartsWith("8388608 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Should_say_so_and_touch_nothing_when_it_may_have_too_few_descriptors()
    {
        await using var daemon = DaemonProcess.StartWithDescriptors(48, 48, "--address", Socket);

        Assert.Equal(new ProcessExit(1, null), await daemon.WaitAsync());
        Assert.Equal("kata-actorsd: 48 descriptors may be open (RLIMIT_NOFILE), and at least 256 are needed\n", await daemon.ReadErrorsAsync());
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Should_live_and_answer_later_when_no_descriptor_is_free()
    {
        await using var daemon = Start();
        await daemon.GreetAsync(Socket);
        var open = (ulong)Directory.GetFileSystemEntries($"/proc/{daemon.Pid}/fd").Length;
        var (_, hard) = ProcessLimits.Get(daemon.Pid, ProcessResource.OpenFiles);
        ProcessLimits.TrySet(daemon.Pid, ProcessResource.OpenFiles, open + 1, hard);

        var clients = Enumerable.Range(0, 12).Select(_ => Record.ExceptionAsync(() => daemon.GreetAsync(Socket).WaitAsync(TimeSpan.FromSeconds(5))).AsTask());
        await Task.WhenAll(clients);
        ProcessLimits.TrySet(daemon.Pid, ProcessResource.OpenFiles, hard, hard);

        Assert.Equal(daemon.Pid, (await daemon.GreetAsync(Socket)).DaemonPid);
    }

    [Fact]
    public async Task Should_refuse_a_request_whose_descriptors_leave_it_too_few()
    {
        await using var daemon = Start();
        await daemon.GreetAsync(Socket);
        using var file = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);
        await using var client = new TtrpcClient(await UnixSocketTransport.ConnectAsync(Socket, Deadline.Span, Deadline.Token));
        var open = (ulong)Directory.GetFileSystemEntries($"/proc/{daemon.Pid}/fd").Length;
        var (_, hard) = ProcessLimits.Get(daemon.Pid, ProcessResource.OpenFiles);
        ProcessLimits.TrySet(daemon.Pid, ProcessResource.OpenFiles, open + (2 * DescriptorRoom.Reserve), hard);

        var refused = await Assert.ThrowsAsync<TtrpcException>(() => client.CallAsync(
            ControlServiceNames.Control, ControlServiceNames.Create, new CreateRequest(), CreateResponse.Parser, Deadline.Span, Deadline.Token,
            descriptors: Enumerable.Repeat(file, DescriptorRoom.Reserve + 8).ToArray()));

        Assert.Equal(StatusCode.ResourceExhausted, refused.Code);
        Assert.Equal(daemon.Pid, (await daemon.GreetAsync(Socket)).DaemonPid);
    }

    [Fact]
    public async Task Should_keep_nothing_of_its_starter()
    {
        var (read, write) = Descriptors.Pipe();
        using var readEnd = new FileStream(read, FileAccess.Read, 1);
        await using var daemon = DaemonProcess.Start(["--address", Socket], write, write);
        write.Dispose();

        // The starter's pipe closes while the daemon lives.
        Assert.Equal(0, await readEnd.ReadAsync(new byte[1], Deadline.Token));
        await daemon.GreetAsync(Socket);
        Assert.Equal("/", File.ResolveLinkTarget($"/proc/{daemon.Pid}/cwd", false)!.FullName);
        Assert.All(File.ReadAllLines($"/proc/{daemon.Pid}/cgroup"), line => Assert.EndsWith(":/", line, StringComparison.Ordinal));
        Assert.Contains("Umask:\t0077", File.ReadAllText($"/proc/{daemon.Pid}/status"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_survive_the_end_of_its_terminal()
    {
        await using var daemon = Start();
        await daemon.GreetAsync(Socket);

        daemon.Signal(Signals.SIGHUP);

        Assert.Equal(daemon.Pid, (await daemon.GreetAsync(Socket)).DaemonPid);
    }

    [Fact]
    public async Task Should_refuse_to_be_the_second_of_its_directory()
    {
        await using var first = Start();
        await first.GreetAsync(Socket);

        await using var second = Start();

        Assert.Equal(new ProcessExit(1, null), await second.WaitAsync());
        Assert.Equal($"kata-actorsd: a daemon runs in \"{_directory.Path}\" already, as process {first.Pid}\n", await second.ReadErrorsAsync());
        await first.GreetAsync(Socket);
    }

    [Fact]
    public async Task Should_exit_when_there_is_nothing_to_do()
    {
        var config = _directory.Write("user.conf", "kata-actors.daemon.idle-exit = 200 ms");
        await using var daemon = Start("--config", config);

        Assert.Equal(new ProcessExit(0, null), await daemon.WaitAsync());
        Assert.False(File.Exists(Socket));
        Assert.Contains("nothing to do", File.ReadAllText(_directory.File("state/daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_log_in_json_to_the_file_that_is_named()
    {
        var config = _directory.Write("user.conf", "kata-actors.log.format = json");
        await using var daemon = Start("--config", config, "--log", _directory.File("my.log"));
        await daemon.GreetAsync(Socket);
        daemon.Signal(Signals.SIGTERM);
        await daemon.WaitAsync();

        var lines = File.ReadAllLines(_directory.File("my.log"));
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Equal(System.Text.Json.JsonValueKind.Object, System.Text.Json.JsonDocument.Parse(line).RootElement.ValueKind));
        Assert.False(File.Exists(_directory.File("state/daemon.log")));
    }

    [Fact]
    public async Task Should_list_every_error_of_its_configuration()
    {
        var config = _directory.Write("user.conf", "kata-actors { hypervisor.path = qemu, daemon.idle-exitt = 3 s }");
        await using var daemon = Start("--config", config);

        Assert.Equal(new ProcessExit(1, null), await daemon.WaitAsync());
        Assert.Equal(
            $"kata-actorsd: configuration \"{config}\": kata-actors.daemon.idle-exitt: is not a key of this program; "
            + "kata-actors.hypervisor.path: \"qemu\" is not an absolute path\n",
            await daemon.ReadErrorsAsync());
        Assert.False(File.Exists(Socket));
    }

    [Fact]
    public async Task Should_say_that_akka_does_not_take_its_configuration()
    {
        var config = _directory.Write("user.conf", "akka.actor.provider = nonsense");
        await using var daemon = Start("--config", config);

        Assert.Equal(new ProcessExit(1, null), await daemon.WaitAsync());
        Assert.Contains("nonsense", await daemon.ReadErrorsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_start_without_its_journal_say_so_and_put_a_damaged_one_aside()
    {
        Directory.CreateDirectory(_directory.File("state"));
        var journal = _directory.Write("state/journal.db", new string('x', 8192));
        await using var daemon = Start();
        await daemon.GreetAsync(Socket);

        await Eventually.HoldsAsync(() => Directory.GetFiles(_directory.File("state"), "journal.db.damaged-*").Length == 1);
        Assert.Equal(new string('x', 8192), await File.ReadAllTextAsync(Directory.GetFiles(_directory.File("state"), "journal.db.damaged-*").Single()));
        Assert.Contains($"journal \"{journal}\" cannot be used: file is not a database", await File.ReadAllTextAsync(_directory.File("state/daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_start_without_a_journal_and_log_in_its_run_directory_when_its_state_directory_cannot_be_used()
    {
        var state = _directory.Write("state", "");
        await using var daemon = Start();
        await daemon.GreetAsync(Socket);

        Assert.Contains($"journal \"{state}/journal.db\" cannot be used", await File.ReadAllTextAsync(_directory.File("daemon.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_say_that_its_log_cannot_be_written()
    {
        await using var daemon = Start("--log", _directory.Path);

        Assert.Equal(new ProcessExit(1, null), await daemon.WaitAsync());
        Assert.StartsWith($"kata-actorsd: log file \"{_directory.Path}\" cannot be written: ", await daemon.ReadErrorsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nonsense", "unknown argument \"--nonsense\"")]
    [InlineData("--config", "option --config needs a value")]
    public async Task Should_exit_with_2_when_it_is_called_wrongly(string argument, string message)
    {
        await using var daemon = Start(argument);

        Assert.Equal(new ProcessExit(2, null), await daemon.WaitAsync());
        Assert.Equal($"kata-actorsd: {message}; see kata-actorsd --help\n", await daemon.ReadErrorsAsync());
    }

    [Theory]
    [InlineData("--help", "Usage:\n  kata-actorsd [options]")]
    [InlineData("--version", "kata-actorsd 0.1.0")]
    public async Task Should_answer_and_exit_when_asked(string argument, string text)
    {
        await using var daemon = Start(argument);

        Assert.Equal(new ProcessExit(0, null), await daemon.WaitAsync());
        Assert.Contains(text, await daemon.ReadErrorsAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "kata-actorsd")]
    [InlineData("--version", "kata-actorsd 0.1.0")]
    [InlineData("--nonsense", "unknown argument")]
    public async Task Should_answer_a_terminal_in_plain_text(string argument, string text)
    {
        var output = await ChildScript.RunAsync($"TERM=xterm exec script -qec '{InstalledProduct.Prefix}/bin/kata-actorsd {argument}' /dev/null");

        Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    [Fact]
    public async Task Should_log_to_a_terminal_in_plain_text()
    {
        var config = _directory.Write("user.conf", "kata-actors { log.file = off, daemon.idle-exit = 200 ms }");

        var output = await ChildScript.RunAsync(
            $"TERM=xterm exec script -qec '{InstalledProduct.Prefix}/bin/kata-actorsd --address {Socket} --config {config}' /dev/null");

        Assert.Contains("nothing to do", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output);
    }

    private DaemonProcess Start(params string[] arguments) => DaemonProcess.Start(["--address", Socket, .. arguments]);
}

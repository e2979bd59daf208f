using KataActors.Linux;
using KataActors.Protocol.Control;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary>The stand-in between its caller's streams and a daemon that dies and returns.</summary>
public class StandInSpecs
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(137)]
    [InlineData(255)]
    public async Task Should_end_with_the_containers_code_and_delete_it_when_run_in_the_foreground(int code)
    {
        await using var fixture = new CliFixture();
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        var container = await StartedAsync(fixture);
        container.Write(OutputStream.Stdout, "out\n"u8.ToArray());
        container.Write(OutputStream.Stderr, "err\n"u8.ToArray());
        container.Exit(code);
        Assert.Equal(new CommandResult(code, "out\n", "err\n"), await run.WaitAsync());
        Assert.True(fixture.Daemon!.Requests.OfType<DeleteRequest>().Single().Force);
    }

    [Fact]
    public async Task Should_leave_the_container_running_when_run_is_detached()
    {
        await using var fixture = new CliFixture();
        var result = await fixture.RunAsync("run", "-d", "--bundle", fixture.Bundle, "--pid-file", fixture.PidFile, "c1");
        Assert.Equal(new CommandResult(0, "", ""), result);
        Assert.Equal("running", fixture.Daemon!["c1"].Status);
        Assert.True(Identity(fixture).IsAlive());
        fixture.Daemon["c1"].Exit(0);
        await Eventually.HoldsAsync(() => !Identity(fixture).IsAlive());
    }

    [Fact]
    public async Task Should_report_the_failure_and_delete_when_the_start_of_run_fails()
    {
        await using var fixture = new CliFixture();
        fixture.Daemon!.OnRequest = request => request is StartRequest
            ? throw new Protocol.Ttrpc.TtrpcException(Protocol.Ttrpc.StatusCode.NotFound, "exec \"/nope\": no such file or directory")
            : Task.CompletedTask;
        var result = await fixture.RunAsync("run", "--bundle", fixture.Bundle, "--pid-file", fixture.PidFile, "c1");
        Assert.Equal(new CommandResult(1, "", "kata-actors: exec \"/nope\": no such file or directory\n"), result);
        Assert.Single(fixture.Daemon.Requests.OfType<DeleteRequest>());
        Assert.Null(ProcessIdentity.TryRead(int.Parse(fixture.Read("pid"))));
    }

    [Fact]
    public async Task Should_deliver_every_byte_once_when_the_daemon_crashes_again_and_again()
    {
        await using var fixture = new CliFixture();
        var expected = new byte[10 * Mebibyte];
        new Random(1).NextBytes(expected);
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        var container = await StartedAsync(fixture);
        for (var at = 0; at < 10; at++)
        {
            container.Write(OutputStream.Stdout, expected[(at * Mebibyte)..((at + 1) * Mebibyte)]);
            await container.WaitUntilAsync(some => some.Acknowledged(OutputStream.Stdout) > (ulong)((at * Mebibyte) + (Mebibyte / 3)));
            if (at % 2 == 0)
            {
                fixture.Daemon!.Disconnect();
            }
            else
            {
                fixture.Daemon!.Crash();
                fixture.Daemon.Listen();
            }
        }

        container.Exit(0);
        Assert.Equal(0, (await run.WaitAsync()).ExitCode);
        Assert.Equal(expected, await File.ReadAllBytesAsync(fixture.File("out1")));
    }

    [Fact]
    public async Task Should_pass_stdin_on_without_loss_when_the_daemon_crashes_and_the_container_reads_slowly()
    {
        await using var fixture = new CliFixture();
        var expected = new byte[Mebibyte];
        new Random(2).NextBytes(expected);
        await File.WriteAllBytesAsync(fixture.File("in"), expected);
        using var input = File.OpenHandle(fixture.File("in"));
        fixture.Daemon!.OnRequest = request =>
        {
            if (request is StartRequest)
            {
                fixture.Daemon["c1"].InputRoom = Mebibyte / 4;
            }

            return Task.CompletedTask;
        };
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"], stdio: [input]);
        var container = await StartedAsync(fixture);
        await container.WaitUntilAsync(some => some.InputRoom == 0);
        fixture.Daemon.Crash();
        fixture.Daemon.Listen();
        container.InputRoom = int.MaxValue;
        await container.WaitUntilAsync(some => some.InputClosed);
        Assert.Equal(expected, container.Input);
        container.Exit(0);
        Assert.Equal(0, (await run.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_leave_stdin_alone_until_the_container_is_started()
    {
        await using var fixture = new CliFixture();
        var (read, write) = Descriptors.Pipe();
        using var theirs = read;
        using var ours = write;
        BlockingStreams.Write(ours, "hello"u8);
        await fixture.CreateAsync("c1", theirs);
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<StateRequest>().Count() > 3);
        Assert.Empty(fixture.Daemon!["c1"].Input);
        var buffer = new byte[10];
        Assert.Equal(5, BlockingStreams.Read(theirs, buffer));
        BlockingStreams.Write(ours, "again"u8);
        fixture.Daemon["c1"].Start();
        await fixture.Daemon["c1"].WaitUntilAsync(some => some.Input.Length == 5);
        Assert.Equal("again"u8.ToArray(), fixture.Daemon["c1"].Input);
    }

    [Fact]
    public async Task Should_forward_signals_in_order()
    {
        await using var fixture = new CliFixture();
        var pid = await fixture.CreateAsync("c1");
        using var standIn = Pidfd.TryOpen(ProcessIdentity.TryRead(pid)!.Value)!;
        int[] signals = [Signals.SIGTERM, Signals.SIGHUP, Signals.SIGINT, Signals.SIGUSR1, Signals.SIGPIPE, Signals.SIGCONT, Signals.SIGWINCH, Signals.RealTimeMin + 2];
        foreach (var signal in signals)
        {
            var before = fixture.Daemon!["c1"].Signals.Count;
            standIn.Signal(signal);
            await fixture.Daemon["c1"].WaitUntilAsync(some => some.Signals.Count > before);
        }

        Assert.Equal(signals.Select(signal => ((uint)signal, false)), fixture.Daemon!["c1"].Signals);
    }

    [Theory]
    [InlineData(Signals.SIGINT)]
    [InlineData(Signals.SIGPIPE)]
    public async Task Should_forward_the_signals_of_a_foreground_run(int signal)
    {
        await using var fixture = new CliFixture();
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        var container = await StartedAsync(fixture);
        run.Signal(signal);
        await container.WaitUntilAsync(some => some.Signals.Count == 1);
        Assert.Equal([((uint)signal, false)], container.Signals);
        container.Exit(130);
        Assert.Equal(130, (await run.WaitAsync()).ExitCode);
    }

    [Fact]
    public async Task Should_end_with_137_when_the_daemon_comes_back_without_the_container()
    {
        await using var fixture = new CliFixture();
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"]);
        var container = await StartedAsync(fixture);

        // It forwards signals only after the reply to its start.
        run.Signal(Signals.SIGUSR1);
        await container.WaitUntilAsync(some => some.Signals.Count == 1);
        fixture.Daemon!.Crash();
        fixture.Daemon.Forget();
        fixture.Daemon.Listen();
        Assert.Equal(137, (await run.WaitAsync()).ExitCode);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DeathPoint.BeforeEffect)]
    [InlineData(DeathPoint.BeforeReply)]
    public async Task Should_close_the_stream_whose_reader_is_gone_and_tell_the_successor_of_a_daemon_that_dies_meanwhile(DeathPoint? death)
    {
        await using var fixture = new CliFixture();
        var (read, write) = Descriptors.Pipe();
        read.Dispose();
        using var broken = write;
        using var run = fixture.Start(["run", "--bundle", fixture.Bundle, "c1"], stdio: [null, broken]);
        var container = await StartedAsync(fixture);
        if (death is { } point)
        {
            fixture.Daemon!.DieAt<ReadOutputRequest>(point, when: request => request.Close);
        }

        container.Write(OutputStream.Stdout, new byte[Mebibyte]);
        container.Write(OutputStream.Stderr, "err"u8.ToArray());
        await container.WaitUntilAsync(some => some.IsClosed(OutputStream.Stdout));

        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<ReadOutputRequest>().Count(request => request.Close) == (death is null ? 1 : 2));
        Assert.False(container.IsClosed(OutputStream.Stderr));
        Assert.Empty(container.Signals);
        container.Exit(141);
        Assert.Equal(new CommandResult(141, "", "err"), await run.WaitAsync());
    }

    [Fact]
    public async Task Should_wait_for_a_slow_reader_but_not_when_the_container_was_deleted()
    {
        await using var fixture = new CliFixture();
        var (read, write) = Descriptors.Pipe();
        using var stalled = read;
        using var full = write;
        var pid = await fixture.CreateAsync("c1", null, full);
        full.Dispose();
        var standIn = ProcessIdentity.TryRead(pid)!.Value;
        fixture.Daemon!["c1"].Write(OutputStream.Stdout, new byte[Mebibyte]);
        fixture.Daemon["c1"].Exit(0);
        var states = fixture.Daemon.Requests.OfType<StateRequest>().Count();
        await Eventually.HoldsAsync(() => fixture.Daemon.Requests.OfType<StateRequest>().Count() > states + 1);
        Assert.True(standIn.IsAlive());
        Assert.Equal(0, (await fixture.RunAsync("delete", "c1")).ExitCode);
        await Eventually.HoldsAsync(() => !standIn.IsAlive());
    }

    private static ProcessIdentity Identity(CliFixture fixture)
    {
        var standIn = fixture.Daemon!["c1"].Request.StandIn;
        return new ProcessIdentity(standIn.Pid, standIn.StartTime);
    }

    private static async Task<FakeContainer> StartedAsync(CliFixture fixture)
    {
        await Eventually.HoldsAsync(() => fixture.Daemon!.Requests.OfType<StartRequest>().Any());
        var container = fixture.Daemon!["c1"];
        await container.WaitUntilAsync(some => some.Status != "created");
        return container;
    }
}

using KataActors.Protocol.Control;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests.RealBinary;

/// <summary><c>exec</c> across the death of its daemon: in the end there is one process of the request, or none.</summary>
public class ExecDaemonDeathSpecs
{
    private const int Mebibyte = 1024 * 1024;

    [Theory]
    [InlineData(DeathPoint.BeforeRequest, 1)]
    [InlineData(DeathPoint.BeforeEffect, 2)]
    [InlineData(DeathPoint.BeforeReply, 2)]
    public async Task Should_ask_the_successor_for_the_same_process(DeathPoint point, int times)
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        fixture.Daemon!.DieAt<ExecRequest>(point);
        using var exec = fixture.Start(["exec", "--pid-file", fixture.PidFile, "c1", "sh"]);
        await Eventually.HoldsAsync(() => File.Exists(fixture.PidFile));

        var requests = fixture.Daemon.Requests.OfType<ExecRequest>().ToArray();
        Assert.Equal(times, requests.Length);
        Assert.Single(requests.Distinct());
        var process = Assert.Single(container.Added);
        Assert.Equal($"{process.StandIn.Pid}", fixture.Read("pid"));

        process.Write(OutputStream.Stdout, "hello"u8.ToArray());
        process.Exit(7);
        Assert.Equal(new CommandResult(7, "hello", ""), await exec.WaitAsync());
    }

    [Fact]
    public async Task Should_leave_nothing_when_no_daemon_can_be_started()
    {
        await using var fixture = new CliFixture();
        await fixture.InstallDaemonAsync("exit 7");
        fixture.AddRunning("c1");
        fixture.Daemon!.OnRequest = request =>
        {
            if (request is not ExecRequest)
            {
                return Task.CompletedTask;
            }

            fixture.Daemon.Crash();
            return Task.Delay(Timeout.Infinite, Deadline.Token);
        };
        var result = await fixture.RunAsync("exec", "-d", "--pid-file", fixture.PidFile, "c1", "sh");
        Assert.Equal(255, result.ExitCode);
        Assert.StartsWith($"kata-actors: exec failed: connection to \"{fixture.Address}\" lost", result.Errors);
        Assert.False(Assert.Single(fixture.StandIns).IsAlive());
        Assert.False(File.Exists(fixture.PidFile));
    }

    [Fact]
    public async Task Should_lose_no_byte_of_the_process()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        var expected = new byte[4 * Mebibyte];
        new Random(4).NextBytes(expected);
        using var exec = fixture.Start(["exec", "c1", "sh"]);
        var process = await container.AddedAsync();
        for (var at = 0; at < 4; at++)
        {
            process.Write(OutputStream.Stdout, expected[(at * Mebibyte)..((at + 1) * Mebibyte)]);
            await process.WaitUntilAsync(some => some.Acknowledged(OutputStream.Stdout) > (ulong)((at * Mebibyte) + (Mebibyte / 3)));
            fixture.Daemon!.Crash();
            fixture.Daemon.Listen();
        }

        process.Exit(9);
        Assert.Equal(9, (await exec.WaitAsync()).ExitCode);
        Assert.Equal(expected, await File.ReadAllBytesAsync(fixture.File("out1")));
    }

    [Fact]
    public async Task Should_end_with_137_when_the_process_is_gone_without_an_exit()
    {
        await using var fixture = new CliFixture();
        var container = fixture.AddRunning("c1");
        using var exec = fixture.Start(["exec", "--pid-file", fixture.PidFile, "c1", "sh"]);
        await Eventually.HoldsAsync(() => File.Exists(fixture.PidFile));
        container.ForgetAdded();
        fixture.Daemon!.Disconnect();
        Assert.Equal(137, (await exec.WaitAsync()).ExitCode);
    }
}

using System.Security.Cryptography;
using System.Text;

namespace KataActors.EndToEnd.Tests;

/// <summary>The bytes between the caller's descriptors and the process in the guest.</summary>
public sealed class StreamSpecs(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private const int TenMib = 10 * 1024 * 1024;

    private readonly DaemonUnderTest _daemon = fixture.Daemon;

    [Fact]
    public async Task Should_bring_stdin_to_the_process_and_its_end_too()
    {
        var bundle = _daemon.Bundle("cat");
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var run = _daemon.Start(read, null, "run", "--bundle", bundle.Path, _daemon.NewId());

        BlockingStreams.Write(write, "first\n"u8);
        await run.OutputAsync("first\n");
        BlockingStreams.Write(write, "second\n"u8);
        write.Dispose();

        var result = await run.FinishAsync();
        Assert.Equal((0, "first\nsecond\n", ""), (result.ExitCode, result.Output, result.Errors));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_end_a_process_by_SIGPIPE_when_nobody_reads_its_output_any_more(bool daemonDies)
    {
        var id = _daemon.NewId();
        (await _daemon.Start("run", "--detach", "--bundle", _daemon.ShellBundle("exec sleep 1000").Path, id).FinishAsync()).MustSucceed();
        var (read, write) = Descriptors.Pipe();
        var exec = _daemon.Start(null, write, "exec", id, "busybox", "yes");
        write.Dispose();
        Assert.NotEqual(0, BlockingStreams.Read(read, new byte[16]));
        if (daemonDies)
        {
            _daemon.Kill();
        }

        read.Dispose();

        var result = await exec.FinishAsync();
        Assert.Equal((128 + Signals.SIGPIPE, ""), (result.ExitCode, result.Errors));
        // Its other processes have theirs, and it goes on.
        Assert.Equal("y\n", (await _daemon.RunAsync("exec", id, "sh", "-c", "busybox yes | busybox head -n 1")).MustSucceed().Output);
    }

    [Fact]
    public async Task Should_tell_the_first_process_that_nobody_reads_its_output_any_more()
    {
        var (read, write) = Descriptors.Pipe();
        var run = _daemon.Start(null, write, "run", "--bundle", _daemon.ShellBundle("busybox yes; echo $? >&2; exit 5").Path, _daemon.NewId());
        write.Dispose();
        Assert.NotEqual(0, BlockingStreams.Read(read, new byte[16]));
        read.Dispose();

        var result = await run.FinishAsync();
        Assert.Equal((5, $"{128 + Signals.SIGPIPE}\n"), (result.ExitCode, result.Errors));
    }

    [Fact]
    public async Task Should_keep_stdout_and_stderr_apart()
    {
        var bundle = _daemon.ShellBundle("echo out; echo err >&2");

        var run = await _daemon.RunAsync("run", "--bundle", bundle.Path, _daemon.NewId());

        Assert.Equal((0, "out\n", "err\n"), (run.ExitCode, run.Output, run.Errors));
    }

    [Fact]
    public async Task Should_lose_nothing_of_ten_mebibytes_through_stdin_and_stdout()
    {
        var data = RandomNumberGenerator.GetBytes(TenMib);
        var bundle = _daemon.Bundle("cat");
        await File.WriteAllBytesAsync(Path.Combine(bundle.Path, "data"), data, TestContext.Current.CancellationToken);
        using var stdin = File.OpenHandle(Path.Combine(bundle.Path, "data"));

        var run = _daemon.Start(stdin, null, "run", "--bundle", bundle.Path, _daemon.NewId());
        (await run.FinishAsync()).MustSucceed();

        var output = await File.ReadAllBytesAsync(run.OutputFile, TestContext.Current.CancellationToken);
        Assert.Equal(TenMib, output.Length);
        Assert.Equal(SHA256.HashData(data), SHA256.HashData(output));
    }

    [Fact]
    public async Task Should_lose_nothing_when_the_reader_of_a_pipe_is_slow()
    {
        var bundle = _daemon.ShellBundle("seq 1 300000; exit 4");
        var expected = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(1, 300000).Select(number => $"{number}\n")));
        var (read, write) = Descriptors.Pipe();
        using var _ = read;
        var run = _daemon.Start(null, write, "run", "--bundle", bundle.Path, _daemon.NewId());
        write.Dispose();

        var output = await Task.Run(() => ReadToEnd(read)).WaitAsync(Eventually.Deadline * 2, TestContext.Current.CancellationToken);

        Assert.Equal(4, (await run.FinishAsync()).ExitCode);
        Assert.Equal(SHA256.HashData(expected), SHA256.HashData(output));
    }

    private static byte[] ReadToEnd(System.Runtime.InteropServices.SafeHandle pipe)
    {
        using var all = new MemoryStream();
        var buffer = new byte[700];
        while (BlockingStreams.Read(pipe, buffer) is > 0 and var got)
        {
            all.Write(buffer, 0, got);
        }

        return all.ToArray();
    }
}

using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class VmmLogSpecs
{
    [Fact]
    public async Task Should_keep_the_beginning_within_bounds_when_a_process_writes_without_end()
    {
        using var log = VmmLog.Create();
        using var pidfd = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", "echo first >&2; yes | head -c 1000000 >&2; exit 3"],
            Descriptors = [null, null, log.File],
            Environment = ["PATH=/usr/bin:/bin"],
        });
        await pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline.Span);
        pidfd.TryReap();

        Assert.StartsWith("first\ny\n", log.Read(), StringComparison.Ordinal);
        Assert.InRange(log.Read().Length, 60_000, 64 * 1024);
        Assert.Equal(64 * 1024, RandomAccess.GetLength(log.File));
    }

    [Fact]
    public void Should_have_no_last_line_when_nothing_was_written()
    {
        using var log = VmmLog.Create();
        using var directory = new TempDirectory();

        log.Save(directory["qemu.log"]);

        Assert.Null(log.LastLine());
        Assert.False(File.Exists(directory["qemu.log"]));
    }

    [Theory]
    [InlineData("qemu: -accel kvm: warning: Number of hotpluggable cpus requested (3) exceeds the recommended cpus supported by KVM (2)\n", null)]
    [InlineData("qemu: -accel kvm: failed\nqemu: warning: something old\n", "qemu: -accel kvm: failed")]
    public void Should_take_no_warning_for_the_reason_of_an_end(string written, string? last)
    {
        using var log = VmmLog.Create();
        RandomAccess.Write(log.File, System.Text.Encoding.ASCII.GetBytes(written), 0);

        Assert.Equal(last, log.LastLine());
        Assert.Contains("warning", log.Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Should_escape_what_acts_on_a_terminal_when_read()
    {
        using var log = VmmLog.Create();
        RandomAccess.Write(log.File, "one\r\n\u001b[31mtwo\u0007\n\n"u8, 0);

        Assert.Equal(@"\u001b[31mtwo\u0007", log.LastLine());
        Assert.Equal("one\n" + @"\u001b[31mtwo\u0007", log.Read());
    }

    [Fact]
    public void Should_cut_a_long_line_and_show_bytes_that_are_no_text()
    {
        using var log = VmmLog.Create();
        RandomAccess.Write(log.File, [.. "\u202eone\n"u8, 0xFF, .. Enumerable.Repeat((byte)'x', 60_000)], 0);

        Assert.Equal(@"\u202eone", log.Read().Split('\n')[0]);
        Assert.StartsWith(@"\xffxxx", log.LastLine(), StringComparison.Ordinal);
        Assert.InRange(log.LastLine()!.Length, 1000, 1025);
    }

    [Fact]
    public void Should_not_mind_when_the_directory_is_gone()
    {
        using var log = VmmLog.Create();
        RandomAccess.Write(log.File, "x"u8, 0);

        log.Save("/nonexistent/qemu.log");
    }

    [Fact]
    public void Should_open_none_when_a_process_has_another_stderr() =>
        Assert.Null(VmmLog.TryOpen(ProcessIdentity.TryRead(Environment.ProcessId)!.Value));
}

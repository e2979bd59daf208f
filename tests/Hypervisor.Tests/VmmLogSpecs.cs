using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

public sealed class VmmLogSpecs
{
    [Fact]
    public async Task Should_keep_the_beginning_within_bounds_when_a_process_writes_without_end()
    {
        using var log = VmmLog.Create();
        var pid = ProcessSpawner.Spawn(new SpawnRequest
        {
            Path = "/bin/sh",
            Arguments = ["sh", "-c", "echo first >&2; yes | head -c 1000000 >&2; exit 3"],
            Descriptors = [null, null, log.File],
            Environment = ["PATH=/usr/bin:/bin"],
        });
        using var pidfd = Pidfd.OpenChild(pid);
        await pidfd.WaitForExitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
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

    [Fact]
    public void Should_drop_control_characters_when_read()
    {
        using var log = VmmLog.Create();
        RandomAccess.Write(log.File, "one\r\n\u001b[31mtwo\u0007\n\n"u8, 0);

        Assert.Equal("[31mtwo", log.LastLine());
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

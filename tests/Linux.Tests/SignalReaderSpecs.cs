using System.Runtime.InteropServices;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

[Collection(ProcessWide.Name)]
public sealed partial class SignalReaderSpecs
{
    [Fact]
    public async Task Should_take_signals_in_order_instead_of_dying()
    {
        using var reader = new SignalReader(SignalReader.Forwardable);

        foreach (var signal in new[] { Signals.SIGTERM, Signals.SIGUSR1, Signals.SIGPIPE, Signals.SIGWINCH, Signals.SIGHUP, 35, 64 })
        {
            Assert.Equal(0, kill(Environment.ProcessId, signal));
            Assert.Equal(signal, await reader.ReadAsync(Deadline.Token));
        }
    }

    [Fact]
    public async Task Should_ignore_SIGPIPE_afterwards_and_take_none_of_a_thread_that_has_blocked_it()
    {
        var (read, write) = Descriptors.Pipe();
        read.Dispose();
        using var broken = write;
        using (var reader = new SignalReader([Signals.SIGPIPE, Signals.SIGUSR1]))
        {
            var writing = new Thread(() =>
            {
                Signals.BlockOnThread(Signals.SIGPIPE);
                Assert.Equal(Errno.EPIPE, Assert.Throws<LinuxException>(() => Descriptors.TryWrite(broken, [1])).Errno);
            });
            writing.Start();
            writing.Join();
            Assert.Equal(0, kill(Environment.ProcessId, Signals.SIGUSR1));
            Assert.Equal(Signals.SIGUSR1, await reader.ReadAsync(Deadline.Token));
        }

        Assert.Equal(0, kill(Environment.ProcessId, Signals.SIGPIPE));
        Assert.Equal(Errno.EPIPE, Assert.Throws<LinuxException>(() => Descriptors.TryWrite(broken, [1])).Errno);
    }

    [Theory]
    [InlineData(Signals.SIGKILL)]
    [InlineData(Signals.SIGSTOP)]
    public void Should_refuse_what_nobody_can_take(int signal) => Assert.ThrowsAny<Exception>(() => new SignalReader([signal]));

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}

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

        foreach (var signal in new[] { Signals.SIGTERM, Signals.SIGUSR1, Signals.SIGWINCH, Signals.SIGHUP, 35, 64 })
        {
            Assert.Equal(0, kill(Environment.ProcessId, signal));
            Assert.Equal(signal, await reader.ReadAsync(Deadline.Token));
        }
    }

    [Theory]
    [InlineData(Signals.SIGKILL)]
    [InlineData(Signals.SIGSTOP)]
    public void Should_refuse_what_nobody_can_take(int signal) => Assert.ThrowsAny<Exception>(() => new SignalReader([signal]));

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}

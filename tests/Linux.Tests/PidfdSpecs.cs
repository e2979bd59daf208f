using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class PidfdSpecs
{
    [Theory]
    [InlineData("exit 0", 0, null, 0)]
    [InlineData("exit 3", 3, null, 3)]
    [InlineData("kill -TERM $$", null, 15, 143)]
    [InlineData("kill -KILL $$", null, 9, 137)]
    public async Task Should_tell_how_a_child_ended(string script, int? code, int? signal, int status)
    {
        using var child = ChildScript.Start(script);
        await child.Pidfd.WaitForExitAsync(Deadline.Token);

        var exit = child.Pidfd.TryReap();

        Assert.Equal(new ProcessExit(code, signal), exit);
        Assert.Equal(status, exit!.Value.Status);
        Assert.Null(child.Pidfd.TryReap());
    }

    [Fact]
    public async Task Should_not_complete_until_the_process_ends()
    {
        using var child = ChildScript.Start("echo ready; exec sleep 600");
        await child.ReadLineAsync();
        var first = child.Pidfd.WaitForExitAsync(Deadline.Token);
        var second = child.Pidfd.WaitForExitAsync(Deadline.Token);

        Assert.False(first.IsCompleted);
        Assert.Null(child.Pidfd.TryReap());
        Assert.True(child.Pidfd.Signal(Signals.SIGKILL));
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task Should_stop_waiting_when_cancelled()
    {
        using var child = ChildScript.Start("exec sleep 600");
        using var cancellation = new CancellationTokenSource();
        var wait = child.Pidfd.WaitForExitAsync(cancellation.Token);

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Deadline.Span));
        Assert.True(ProcessIdentity.TryRead(child.Pid)!.Value.IsAlive());
    }

    [Fact]
    public async Task Should_still_see_the_end_when_disposed_meanwhile()
    {
        using var child = ChildScript.Start("exec sleep 600");
        var other = Pidfd.TryOpen(ProcessIdentity.TryRead(child.Pid)!.Value)!;
        var wait = other.WaitForExitAsync(Deadline.Token);

        other.Dispose();
        child.Pidfd.Signal(Signals.SIGTERM);

        await wait;
    }

    [Fact]
    public async Task Should_watch_a_process_that_is_no_child()
    {
        using var child = ChildScript.Start("sleep 600 & echo $!; wait");
        var grandchild = int.Parse(await child.ReadLineAsync());
        using var pidfd = Pidfd.TryOpen(ProcessIdentity.TryRead(grandchild)!.Value)!;
        var wait = pidfd.WaitForExitAsync(Deadline.Token);

        pidfd.Signal(Signals.SIGKILL);

        await wait;
        Assert.Null(pidfd.TryReap());
    }

    [Fact]
    public async Task Should_open_nothing_and_signal_nothing_when_the_process_is_gone()
    {
        using var child = ChildScript.Start("exit 0");
        var identity = ProcessIdentity.TryRead(child.Pid)!.Value;
        await child.Pidfd.WaitForExitAsync(Deadline.Token);
        child.Pidfd.TryReap();

        Assert.Null(Pidfd.TryOpen(identity));
        Assert.False(child.Pidfd.Signal(Signals.SIGTERM));
        Assert.Throws<LinuxException>(() => Pidfd.OpenChild(child.Pid));
    }

    [Fact]
    public void Should_open_nothing_when_the_number_belongs_to_another_process_by_now()
    {
        var own = ProcessIdentity.TryRead(Environment.ProcessId)!.Value;

        Assert.Null(Pidfd.TryOpen(own with { StartTime = own.StartTime + 1 }));
    }
}

using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class FileLockSpecs
{
    [Fact]
    public async Task Should_exclude_until_given_back()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("lock");
        var held = await FileLock.AcquireAsync(path, Deadline.Span, Deadline.Token);

        Assert.Null(FileLock.TryAcquire(path));
        var next = FileLock.AcquireAsync(path, Deadline.Span, Deadline.Token);
        Assert.False(next.IsCompleted);
        held.Dispose();

        (await next).Dispose();
    }

    [Fact]
    public async Task Should_give_up_at_the_deadline_and_name_the_file()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("lock");
        using var held = FileLock.TryAcquire(path);

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => FileLock.AcquireAsync(path, TimeSpan.FromMilliseconds(20), Deadline.Token));

        Assert.Equal($"lock \"{path}\" is held by another process", failure.Message);
    }

    [Fact]
    public async Task Should_stop_when_cancelled()
    {
        using var directory = new TemporaryDirectory();
        using var held = FileLock.TryAcquire(directory.File("lock"));
        using var cancellation = new CancellationTokenSource();
        var wait = FileLock.AcquireAsync(directory.File("lock"), Deadline.Span, cancellation.Token);

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(Deadline.Span));
    }

    [Fact]
    public async Task Should_be_free_when_the_process_that_held_it_was_killed()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("lock");
        using var child = ChildScript.Start($"exec 9>'{path}'; flock 9; echo held; exec sleep 600");
        Assert.Equal("held", await child.ReadLineAsync());
        Assert.Null(FileLock.TryAcquire(path));

        child.Pidfd.Signal(Signals.SIGKILL);

        (await FileLock.AcquireAsync(path, Deadline.Span, Deadline.Token)).Dispose();
    }

    [Fact]
    public async Task Should_fail_when_the_folder_is_missing()
    {
        var failure = await Assert.ThrowsAsync<LinuxException>(() => FileLock.AcquireAsync("/no/such/lock", Deadline.Span, Deadline.Token));

        Assert.Equal(Errno.ENOENT, failure.Errno);
    }

    [Fact]
    public void Should_not_follow_a_symbolic_link()
    {
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(directory.File("lock"), directory.File("elsewhere"));

        Assert.Equal(Errno.ELOOP, Assert.Throws<LinuxException>(() => FileLock.TryAcquire(directory.File("lock"))).Errno);
    }
}

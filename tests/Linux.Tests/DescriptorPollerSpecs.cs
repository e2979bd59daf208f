using System.Globalization;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

[Collection(ProcessWide.Name)]
public sealed class DescriptorPollerSpecs
{
    [Fact]
    public async Task Should_watch_many_processes_on_one_thread_and_leave_no_descriptor()
    {
        var before = OpenPidfds();

        var children = Enumerable.Range(0, 50).Select(_ => ChildScript.Start("exec sleep 600")).ToList();
        var waits = children.Select(child => child.Pidfd.WaitForExitAsync(Deadline.Token)).ToList();
        Assert.Equal(1, PollerThreads());
        children.ForEach(child => child.Dispose());
        await Task.WhenAll(waits);

        Assert.Equal(before, OpenPidfds());
    }

    [Fact]
    public void Should_leave_no_descriptor_when_it_can_have_no_thread()
    {
        const int Stack = 1 << 30;
        var before = OpenDescriptors("[eventpoll]");
        var used = ulong.Parse(KernelFiles.Read("/proc/self/statm").Split(' ')[0], CultureInfo.InvariantCulture) * (ulong)Environment.SystemPageSize;
        var (soft, hard) = ProcessLimits.Get(0, ProcessResource.AddressSpace);
        ProcessLimits.Set(0, ProcessResource.AddressSpace, used + (Stack / 2), hard);
        try
        {
            Assert.Equal(Errno.EAGAIN, Assert.Throws<LinuxException>(() => DescriptorPoller.Start(Stack)).Errno);
        }
        finally
        {
            ProcessLimits.Set(0, ProcessResource.AddressSpace, soft, hard);
        }

        Assert.Equal(before, OpenDescriptors("[eventpoll]"));
    }

    [Fact]
    public async Task Should_leave_no_descriptor_when_waits_are_cancelled()
    {
        using var child = ChildScript.Start("exec sleep 600");
        var before = OpenPidfds();
        using var cancellation = new CancellationTokenSource();
        var waits = Enumerable.Range(0, 50).Select(_ => child.Pidfd.WaitForExitAsync(cancellation.Token)).ToList();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(waits).WaitAsync(Deadline.Span));
        Assert.Equal(before, OpenPidfds());
    }

    private static int OpenPidfds() => OpenDescriptors("[pidfd]");

    private static int OpenDescriptors(string kind) =>
        Directory.GetFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget is { } target && target.Contains(kind));

    private static int PollerThreads() =>
        Directory.GetDirectories("/proc/self/task").Count(task => File.ReadAllText($"{task}/comm").StartsWith("descriptor poll", StringComparison.Ordinal));
}

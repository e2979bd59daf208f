using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

/// <summary>A live process during a shortage of descriptors: the failure to examine it is an error, not an answer.</summary>
[Collection(ProcessWide.Name)]
public sealed class DescriptorShortageSpecs
{
    private readonly ProcessIdentity _own = ProcessIdentity.TryRead(Environment.ProcessId)!.Value;

    [Fact]
    public void Should_not_call_a_process_dead_when_it_cannot_be_looked_at()
    {
        Assert.Equal(Errno.EMFILE, Failure(() => _own.IsAlive()).Errno);
        Assert.Equal(Errno.EMFILE, Failure(() => ProcessIdentity.TryRead(_own.Pid)).Errno);
        Assert.True(_own.IsAlive());
    }

    [Fact]
    public async Task Should_leave_the_test_threads_to_work_with()
    {
        const int AtOnce = 16;
        using var together = new Barrier(AtOnce);

        using (new DescriptorShortage())
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => Task.Run(() => Assert.True(together.SignalAndWait(Deadline.Span)))));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Should_not_take_a_process_for_gone_when_descriptors_end_on_the_way_to_it(int left)
    {
        Assert.Equal(Errno.EMFILE, Failure(() => Pidfd.TryOpen(_own), left).Errno);
        // All intermediate descriptors are closed again.
        Assert.Equal(Errno.EMFILE, Failure(() => Pidfd.TryOpen(_own), left).Errno);
        Pidfd.TryOpen(_own)!.Dispose();
    }

    [Fact]
    public void Should_have_no_answer_about_files_and_threads_when_they_cannot_be_looked_at()
    {
        Assert.Equal(Errno.EMFILE, Failure(() => ProcessFiles.CommandLine(_own.Pid)).Errno);
        using (new DescriptorShortage())
        {
            Assert.Throws<IOException>(() => ProcessFiles.Threads(_own.Pid));
        }

        Assert.NotEmpty(ProcessFiles.Threads(_own.Pid));
    }

    [Fact]
    public async Task Should_leave_no_child_when_there_is_no_descriptor_to_hold_it_with()
    {
        using var nothing = Descriptors.Open("/dev/null", OpenFlags.ReadWrite);
        var request = new SpawnRequest { Path = "/bin/sleep", Arguments = ["sleep", "600"], Descriptors = [nothing, nothing, nothing] };
        // So that the needed libraries, whose load takes descriptors, are loaded.
        using (var child = ProcessSpawner.Spawn(request))
        {
            child.Signal(Signals.SIGKILL);
            await child.WaitForExitAsync(Deadline.Token);
            child.TryReap();
        }

        var before = Children();

        // Each of the child's descriptors is duplicated meanwhile.
        var failure = Failure(() => ProcessSpawner.Spawn(request), left: request.Descriptors.Count);

        Assert.Equal((Errno.EMFILE, "pidfd_open"), (failure.Errno, failure.Call));
        Assert.Equal(before, Children());
    }

    [Fact]
    public void Should_still_say_that_a_process_is_gone_when_it_is()
    {
        using var shortage = new DescriptorShortage(1);

        Assert.Null(ProcessIdentity.TryRead(int.MaxValue));
        Assert.Empty(ProcessFiles.CommandLine(int.MaxValue));
        Assert.Null(Pidfd.TryOpen(new ProcessIdentity(int.MaxValue, 1)));
    }

    // Zombies included.
    private static string[] Children() =>
        [.. Directory.GetDirectories("/proc/self/task").SelectMany(task => KernelFiles.Read($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Order()];

    private static LinuxException Failure(Func<object?> look, int left = 0)
    {
        using var shortage = new DescriptorShortage(left);
        return Assert.Throws<LinuxException>(look);
    }
}

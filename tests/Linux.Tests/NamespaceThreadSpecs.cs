using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class NamespaceThreadSpecs
{
    [Fact]
    public void Should_run_in_new_namespaces_and_leave_this_thread_where_it_was()
    {
        var before = Namespace("mnt");

        var inside = NamespaceThread.Run(() => (Namespace("mnt"), Namespace("net")), NamespaceEntry.Unshare(NamespaceKinds.Mount));

        Assert.NotEqual(before, inside.Item1);
        Assert.Equal(Namespace("net"), inside.Item2);
        Assert.Equal(before, Namespace("mnt"));
    }

    [Fact]
    public async Task Should_enter_the_namespaces_of_a_process_by_its_pidfd()
    {
        using var child = ChildScript.Start("exec unshare -m -n -u sh -c 'echo ready; exec sleep 600'");
        await child.ReadLineAsync();

        var inside = NamespaceThread.Run(
            () => (Namespace("mnt"), Namespace("net"), Namespace("uts")),
            NamespaceEntry.Enter(child.Pidfd.Handle, NamespaceKinds.Mount | NamespaceKinds.Network));

        Assert.Equal((Namespace("mnt", child.Pid), Namespace("net", child.Pid), Namespace("uts")), inside);
    }

    [Fact]
    public async Task Should_enter_a_namespace_by_its_file()
    {
        using var child = ChildScript.Start("exec unshare -n sh -c 'echo ready; exec sleep 600'");
        await child.ReadLineAsync();
        using var file = Descriptors.Open($"/proc/{child.Pid}/ns/net", OpenFlags.ReadOnly);

        Assert.Equal(Namespace("net", child.Pid), NamespaceThread.Run(() => Namespace("net"), NamespaceEntry.Enter(file, NamespaceKinds.Network)));
    }

    [Fact]
    public void Should_give_its_namespaces_to_processes_that_it_spawns()
    {
        var (own, spawned) = NamespaceThread.Run(
            () => (Namespace("mnt"), ChildScript.RunAsync("readlink /proc/$$/ns/mnt").GetAwaiter().GetResult()),
            NamespaceEntry.Unshare(NamespaceKinds.Mount));

        Assert.Equal(own + "\n", spawned);
    }

    [Fact]
    public void Should_throw_what_the_body_throws() =>
        Assert.Equal("x", Assert.Throws<InvalidDataException>(() => NamespaceThread.Run<int>(() => throw new InvalidDataException("x"))).Message);

    [Fact]
    public void Should_name_the_step_when_a_namespace_cannot_be_entered()
    {
        using var file = Descriptors.Open("/proc/self/ns/net", OpenFlags.ReadOnly);

        var failure = Assert.Throws<LinuxException>(() => NamespaceThread.Run(() => 0, NamespaceEntry.Enter(file, NamespaceKinds.Uts)));

        Assert.Equal((Errno.EINVAL, "setns", "Uts"), (failure.Errno, failure.Call, failure.Subject));
    }

    [Fact]
    public async Task Should_give_up_at_the_deadline_and_dispose_a_result_that_comes_late_outside()
    {
        using var go = new ManualResetEventSlim();
        var late = new Late();
        var run = NamespaceThread.RunAsync(
            () =>
            {
                go.Wait(Deadline.Span);
                return late;
            },
            TimeSpan.FromMilliseconds(10),
            NamespaceEntry.Unshare(NamespaceKinds.Mount));

        await Assert.ThrowsAsync<TimeoutException>(() => run.WaitAsync(Deadline.Span));
        go.Set();

        Assert.Equal(Namespace("mnt"), await late.DisposedIn.Task.WaitAsync(Deadline.Span));
    }

    private static string Namespace(string kind, int? pid = null) =>
        new FileInfo(pid is null ? $"/proc/thread-self/ns/{kind}" : $"/proc/{pid}/ns/{kind}").LinkTarget!;

    private sealed class Late : IDisposable
    {
        public TaskCompletionSource<string> DisposedIn { get; } = new();

        public void Dispose() => DisposedIn.SetResult(Namespace("mnt"));
    }
}

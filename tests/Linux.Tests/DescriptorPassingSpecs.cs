using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using KataActors.Linux.Native;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Linux.Tests;

[Collection(ProcessWide.Name)]
public sealed partial class DescriptorPassingSpecs : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private Socket _left = null!;
    private Socket _right = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = UnixSockets.Listen(_directory.File("s"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _left = await UnixSockets.ConnectAsync(_directory.File("s"), Deadline.Span, Deadline.Token);
        _right = await listener.AcceptAsync(Deadline.Token);
    }

    [Fact]
    public async Task Should_carry_open_files_that_are_close_on_exec_on_arrival()
    {
        using var first = Descriptors.Open(_directory.Write("a", "A"), OpenFlags.ReadOnly);
        using var second = Descriptors.Open(_directory.Write("b", "BB"), OpenFlags.ReadOnly);

        await SendAsync("xyz", first, second);
        var (text, came) = await ReceiveAsync();

        Assert.Equal("xyz", text);
        Assert.Equal([1L, 2L], came.Select(RandomAccess.GetLength));
        Assert.All(came, file => Assert.Equal(1, fcntl(file, 1, 0)));
        came.ForEach(file => file.Dispose());
        Assert.False(first.IsClosed);
    }

    [Fact]
    public async Task Should_carry_a_detached_mount_into_another_mount_namespace()
    {
        Directory.CreateDirectory(_directory.File("source"));
        Directory.CreateDirectory(_directory.File("target"));
        _directory.Write("source/file", "text");
        using (var tree = Mounts.CloneTree(_directory.File("source"), recursive: true))
        {
            await SendAsync("x", tree);
        }

        var (_, came) = await ReceiveAsync();
        using var received = Assert.Single(came);
        var text = NamespaceThread.Run(
            () =>
            {
                Mounts.MakeRslave("/");
                Mounts.Attach(received, _directory.File("target"));
                return File.ReadAllText(_directory.File("target/file"));
            },
            NamespaceEntry.Unshare(NamespaceKinds.Mount));

        Assert.Equal("text", text);
    }

    [Fact]
    public async Task Should_wait_for_the_other_side_when_the_socket_is_full_or_empty()
    {
        var sent = new byte[4 * 1024 * 1024];
        new Random(1).NextBytes(sent);
        using var file = Descriptors.Open("/dev/null", OpenFlags.ReadOnly);
        var came = new List<SafeFileHandle>();
        var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        var receiving = DescriptorPassing.ReceiveAsync(_right.SafeHandle, buffer, came, Deadline.Token);
        Assert.False(receiving.IsCompleted);

        var sending = DescriptorPassing.SendAsync(_left.SafeHandle, sent, [file], Deadline.Token);
        while (received.Length < sent.Length)
        {
            received.Write(buffer, 0, await receiving);
            receiving = received.Length < sent.Length ? DescriptorPassing.ReceiveAsync(_right.SafeHandle, buffer, came, Deadline.Token) : default;
        }

        await sending;
        Assert.Equal(sent, received.ToArray());
        Assert.Single(came).Dispose();
    }

    [Fact]
    public async Task Should_carry_the_most_that_is_allowed_and_no_more()
    {
        using var file = Descriptors.Open("/dev/null", OpenFlags.ReadOnly);
        var most = Enumerable.Repeat<SafeHandle>(file, DescriptorPassing.MaxDescriptors).ToArray();

        await SendAsync("x", most);
        var (_, came) = await ReceiveAsync();

        Assert.Equal(DescriptorPassing.MaxDescriptors, came.Count);
        came.ForEach(descriptor => descriptor.Dispose());
        await Assert.ThrowsAsync<ArgumentException>(() => SendAsync("x", [.. most, file]));
        await Assert.ThrowsAsync<ArgumentException>(() => SendAsync("", file));
    }

    [Fact]
    public async Task Should_fail_and_keep_nothing_when_a_peer_sends_too_many()
    {
        var before = OpenNullDevices();
        SendMoreThanAllowed();
        var came = new List<SafeFileHandle>();

        var failure = await Assert.ThrowsAsync<LinuxException>(() =>
            DescriptorPassing.ReceiveAsync(_right.SafeHandle, new byte[10], came, Deadline.Token).AsTask());

        Assert.Equal(Errno.EMSGSIZE, failure.Errno);
        Assert.Empty(came);
        Assert.Equal(before, OpenNullDevices());
    }

    [Fact]
    public async Task Should_report_the_end_and_a_broken_connection()
    {
        _left.Shutdown(SocketShutdown.Send);
        Assert.Equal(("", 0), await ReceiveAsync() is var (text, came) ? (text, came.Count) : default);

        _right.Dispose();
        Assert.Equal(Errno.EPIPE, (await Assert.ThrowsAsync<LinuxException>(() => SendAsync("x"))).Errno);
    }

    [Fact]
    public async Task Should_stop_receiving_when_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var receiving = DescriptorPassing.ReceiveAsync(_right.SafeHandle, new byte[1], [], cancellation.Token).AsTask();

        cancellation.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.WaitAsync(Deadline.Span));
        await SendAsync("x");
        Assert.Equal("x", (await ReceiveAsync()).Text);
    }

    public ValueTask DisposeAsync()
    {
        _left.Dispose();
        _right.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }

    [LibraryImport("libc")]
    private static partial int fcntl(SafeHandle fd, int command, long argument);

    /// <summary>A foreign peer may send more: the kernel allows 253.</summary>
    private unsafe void SendMoreThanAllowed()
    {
        const int Count = DescriptorPassing.MaxDescriptors + 1;
        using var file = Descriptors.Open("/dev/null", OpenFlags.ReadOnly);
        var control = stackalloc byte[16 + (Count * sizeof(int))];
        var message = new MessageHeader { Control = control, ControlLength = 16 + (Count * sizeof(int)), VectorCount = 1 };
        *(ControlHeader*)control = new ControlHeader { Length = message.ControlLength, Level = Constants.SolSocket, Type = Constants.ScmRights };
        new Span<int>(control + 16, Count).Fill((int)file.DangerousGetHandle());
        var data = (byte)'x';
        var vector = new IoVector { Base = &data, Length = 1 };
        message.Vectors = &vector;
        // SAFETY: every buffer lives on this stack for longer than the call.
        Assert.Equal(1, LibC.sendmsg(_left.SafeHandle, &message, 0));
    }

    private static int OpenNullDevices() =>
        Directory.GetFiles("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget == "/dev/null");

    private Task SendAsync(string text, params SafeHandle[] descriptors) =>
        DescriptorPassing.SendAsync(_left.SafeHandle, Encoding.UTF8.GetBytes(text), descriptors, Deadline.Token).AsTask();

    private async Task<(string Text, List<SafeFileHandle> Came)> ReceiveAsync()
    {
        var buffer = new byte[1024];
        var came = new List<SafeFileHandle>();
        var count = await DescriptorPassing.ReceiveAsync(_right.SafeHandle, buffer, came, Deadline.Token);
        return (Encoding.UTF8.GetString(buffer, 0, count), came);
    }
}

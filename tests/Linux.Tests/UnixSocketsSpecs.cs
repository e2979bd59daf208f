using System.Net.Sockets;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Linux.Tests;

public sealed class UnixSocketsSpecs : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Address => _directory.File("s");

    [Fact]
    public async Task Should_connect_and_know_the_peer()
    {
        using var listener = UnixSockets.Listen(Address, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var client = await UnixSockets.ConnectAsync(Address, Deadline.Span, Deadline.Token);
        using var server = await listener.AcceptAsync(Deadline.Token);

        await client.SendAsync(new byte[] { 7 }, Deadline.Token);
        Assert.True(client.Connected);
        Assert.Equal(1, server.Receive(new byte[2]));
        Assert.Equal(Environment.ProcessId, UnixSockets.GetPeerCredentials(server.SafeHandle).Pid);
        Assert.Equal(0u, UnixSockets.GetPeerCredentials(server.SafeHandle).Uid);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Address));
    }

    [Fact]
    public async Task Should_say_that_nobody_listens()
    {
        Assert.Equal(Errno.ENOENT, (await FailureAsync(Address)).Errno);

        UnixSockets.Listen(Address, UnixFileMode.UserRead | UnixFileMode.UserWrite).Dispose();
        _directory.Write("file", "");
        var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stale.Bind(new UnixDomainSocketEndPoint(_directory.File("bound")));

        Assert.Equal(Errno.ECONNREFUSED, (await FailureAsync(_directory.File("file"))).Errno);
        Assert.Equal(Errno.ECONNREFUSED, (await FailureAsync(_directory.File("bound"))).Errno);
        stale.Dispose();
    }

    [Theory]
    [InlineData("", Errno.EINVAL)]
    [InlineData("a\0b", Errno.EINVAL)]
    [InlineData("/looooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooong", Errno.ENAMETOOLONG)]
    public async Task Should_refuse_what_is_no_socket_path(string path, int errno)
    {
        Assert.Equal(errno, (await FailureAsync(path)).Errno);
        Assert.Equal(errno, Assert.Throws<LinuxException>(() => UnixSockets.Listen(path, UnixFileMode.UserRead)).Errno);
    }

    [Fact]
    public async Task Should_give_up_at_the_deadline_when_the_queue_is_full()
    {
        using var listener = UnixSockets.Listen(Address, UnixFileMode.UserRead | UnixFileMode.UserWrite, backlog: 0);
        using var first = await UnixSockets.ConnectAsync(Address, Deadline.Span, Deadline.Token);

        var failure = await Assert.ThrowsAsync<TimeoutException>(() => UnixSockets.ConnectAsync(Address, TimeSpan.FromMilliseconds(50), Deadline.Token));

        Assert.Equal($"connect \"{Address}\": no answer in time", failure.Message);
    }

    [Fact]
    public void Should_not_take_a_path_that_is_in_use()
    {
        using var listener = UnixSockets.Listen(Address, UnixFileMode.UserRead);

        Assert.Equal(Errno.EADDRINUSE, Assert.Throws<LinuxException>(() => UnixSockets.Listen(Address, UnixFileMode.UserRead)).Errno);
    }

    public void Dispose() => _directory.Dispose();

    private static Task<LinuxException> FailureAsync(string path) =>
        Assert.ThrowsAsync<LinuxException>(() => UnixSockets.ConnectAsync(path, Deadline.Span, Deadline.Token));
}

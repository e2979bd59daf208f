using System.Net.Sockets;
using KataActors.Linux;
using KataActors.Runtime.Hosting;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class RunDirectorySpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    private readonly TemporaryDirectory _directory = new();
    private readonly DaemonPaths _paths;

    public RunDirectorySpecs() => _paths = new DaemonPaths(_directory.File("run/daemon.sock"), _directory.File("state"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Should_make_the_directory_private_and_write_the_pid()
    {
        using (await ClaimAsync())
        {
            Assert.Equal(RunDirectory.DirectoryMode, File.GetUnixFileMode(_paths.RunDirectory));
            Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(_paths.PidFile));
        }

        Assert.False(File.Exists(_paths.PidFile));
    }

    [Fact]
    public async Task Should_refuse_a_second_daemon_and_name_the_first_ones_pid()
    {
        using var first = await ClaimAsync();

        var failure = await Assert.ThrowsAsync<StartupException>(ClaimAsync);

        Assert.Equal($"a daemon runs in \"{_paths.RunDirectory}\" already, as process {Environment.ProcessId}", failure.Message);
        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(_paths.PidFile));
    }

    [Fact]
    public async Task Should_wait_for_a_daemon_that_is_about_to_exit()
    {
        var first = await ClaimAsync();
        var second = RunDirectory.ClaimAsync(_paths, Deadline.Span, Deadline.Token);
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second).Dispose();
    }

    [Fact]
    public async Task Should_replace_a_socket_that_a_dead_daemon_left()
    {
        Directory.CreateDirectory(_paths.RunDirectory);
        LeaveStaleSocket();

        using var claimed = await ClaimAsync();

        Assert.False(File.Exists(_paths.Socket));
    }

    [Fact]
    public async Task Should_leave_a_socket_alone_that_another_program_serves()
    {
        Directory.CreateDirectory(_paths.RunDirectory);
        using var other = UnixSockets.Listen(_paths.Socket, RunDirectory.DirectoryMode);

        var failure = await Assert.ThrowsAsync<StartupException>(ClaimAsync);

        Assert.Equal($"address \"{_paths.Socket}\" is served by another program", failure.Message);
        Assert.True(File.Exists(_paths.Socket));
    }

    [Fact]
    public async Task Should_leave_a_file_alone_that_is_no_socket()
    {
        Directory.CreateDirectory(_paths.RunDirectory);
        File.WriteAllText(_paths.Socket, "precious");

        var failure = await Assert.ThrowsAsync<StartupException>(ClaimAsync);

        Assert.Equal($"address \"{_paths.Socket}\" is taken by something that is no socket", failure.Message);
        Assert.Equal("precious", File.ReadAllText(_paths.Socket));
    }

    [Fact]
    public async Task Should_refuse_a_directory_that_others_may_write()
    {
        Directory.CreateDirectory(_paths.RunDirectory);
        File.SetUnixFileMode(_paths.RunDirectory, RunDirectory.DirectoryMode | UnixFileMode.OtherWrite);

        var failure = await Assert.ThrowsAsync<StartupException>(ClaimAsync);

        Assert.Contains(_paths.RunDirectory, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_name_the_directory_when_a_file_is_in_its_place()
    {
        _directory.Write("run", "");

        var failure = await Assert.ThrowsAsync<StartupException>(ClaimAsync);

        Assert.Contains(_paths.RunDirectory, failure.Message, StringComparison.Ordinal);
    }

    private Task<RunDirectory> ClaimAsync() => RunDirectory.ClaimAsync(_paths, s_patience, Deadline.Token);

    // The runtime removes the file of a listening socket when it closes it; a link keeps the stale file.
    private void LeaveStaleSocket()
    {
        using (UnixSockets.Listen(_paths.Socket + ".old", RunDirectory.DirectoryMode))
        {
            File.Move(_paths.Socket + ".old", _paths.Socket);
        }

        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.Throws<SocketException>(() => client.Connect(new UnixDomainSocketEndPoint(_paths.Socket)));
    }
}

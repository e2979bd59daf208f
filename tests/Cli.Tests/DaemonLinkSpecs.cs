using KataActors.Cli.Daemon;
using KataActors.Cli.StandIn;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

/// <summary>How a stand-in waits for its daemon. Time passes when the test says so.</summary>
public sealed class DaemonLinkSpecs : IAsyncDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromHours(3);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDaemon _daemon;
    private TimeSpan _slept;

    public DaemonLinkSpecs() => _daemon = new FakeDaemon(_directory.File("daemon.sock"));

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Should_wait_for_a_daemon_however_long_none_can_be_started()
    {
        _daemon.Crash();
        File.Delete(_directory.File("daemon.sock"));
        var link = Link(onSleep: () =>
        {
            if (_slept > s_long && !File.Exists(_directory.File("daemon.sock")))
            {
                _daemon.Listen();
            }
        });

        Assert.Equal("0", link.Call(Version));
        Assert.InRange(_slept, s_long, s_long + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Should_ask_again_as_long_as_the_daemon_cannot_say()
    {
        _daemon.OnRequest = _ => _slept > s_long ? Task.CompletedTask : throw new TtrpcException(StatusCode.Unavailable, "container \"c\" is not known, and may exist");

        Assert.Equal("0", Link().Call(Version));
        Assert.True(_slept > s_long);
    }

    [Fact]
    public void Should_take_the_daemons_word_that_the_container_does_not_exist()
    {
        _daemon.OnRequest = _ => throw new TtrpcException(StatusCode.NotFound, "container \"c\" does not exist");

        Assert.Equal(StatusCode.NotFound, Assert.Throws<TtrpcException>(() => Link().Call(Version)).Code);
        Assert.Equal(TimeSpan.Zero, _slept);
    }

    private DaemonLink Link(Action? onSleep = null) => new(new DaemonConnector(_directory.File("daemon.sock")), pause =>
    {
        _slept += pause;
        onSleep?.Invoke();
    });

    private static string Version(DaemonConnection daemon) => daemon.Call(ControlServiceNames.Version, new VersionRequest(), VersionResponse.Parser, Deadline.Span).Version;
}

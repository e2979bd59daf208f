using KataActors.Cli.Daemon;
using KataActors.Protocol.Ttrpc;
using KataActors.TestSupport;

namespace KataActors.Cli.Tests;

/// <summary>A command after the loss of the connection to its daemon.</summary>
public sealed class DaemonSessionSpecs : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeDaemon _daemon;
    private readonly List<string> _calls = [];

    public DaemonSessionSpecs() => _daemon = new FakeDaemon(_directory.File("daemon.sock"));

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void Should_send_a_request_again_that_was_not_sent()
    {
        Assert.Equal("sent", Call(Lost(false), Lost(false)));
        Assert.Equal(["request", "request", "request"], _calls);
    }

    [Fact]
    public void Should_conclude_until_there_is_an_outcome_when_the_request_was_sent()
    {
        Assert.Equal("concluded", Call(Lost(false), Lost(true), Lost(false), Lost(true)));
        Assert.Equal(["request", "request", "conclude", "conclude", "conclude"], _calls);
    }

    [Fact]
    public void Should_go_on_when_a_daemon_is_killed_that_was_being_started()
    {
        Assert.Equal("sent", Call(new DaemonKilled("x")));
        Assert.Equal(["request", "request"], _calls);
    }

    [Fact]
    public void Should_give_a_failure_of_the_daemon_at_once()
    {
        var failure = new TtrpcException(StatusCode.Unavailable, "no");
        Assert.Same(failure, Assert.Throws<TtrpcException>(() => Call(failure)));
        Assert.Same(failure, Assert.Throws<TtrpcException>(() => Call(Lost(false), failure)));
    }

    [Fact]
    public void Should_ask_again_when_a_successor_is_not_ready_and_give_any_other_failure()
    {
        Assert.Equal("concluded", Call(Lost(true), new TtrpcException(StatusCode.Unavailable, "not yet")));
        var failure = new TtrpcException(StatusCode.NotFound, "no");
        Assert.Same(failure, Assert.Throws<TtrpcException>(() => Call(Lost(true), failure)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Should_give_up_when_each_daemon_dies(bool wasSent)
    {
        var failure = Assert.Throws<CommandFailure>(() => Call([.. Enumerable.Range(0, 20).Select(_ => Lost(wasSent))]));
        Assert.Equal("the daemon was lost 10 times during this command: gone", failure.Message);
        Assert.Equal(10, _calls.Count);
    }

    [Fact]
    public void Should_give_up_when_the_time_is_over()
    {
        using var session = Session(TimeSpan.Zero);
        var failure = Assert.Throws<CommandFailure>(() => session.Call<string>(_ => throw Lost(true)));
        Assert.Equal("the daemon was lost, and the command had not ended within 0 s: gone", failure.Message);
    }

    [Fact]
    public void Should_call_it_late_when_the_time_is_over_during_the_last_call()
    {
        using var session = Session(TimeSpan.FromMilliseconds(100));
        var failure = Assert.Throws<CommandFailure>(() => session.Call<string>(_ => throw Lost(true), _ =>
        {
            while (!session.Limit.IsOver)
            {
                Thread.Yield();
            }

            throw new TtrpcException(StatusCode.DeadlineExceeded, "no answer");
        }));
        Assert.Equal("the daemon was lost, and the command had not ended within 0.1 s: gone", failure.Message);
    }

    private static TtrpcConnectionLostException Lost(bool wasSent) => new("gone", wasSent);

    private DaemonSession Session(TimeSpan patience) => new(new DaemonConnector(_daemon.Address), patience, null);

    // Fails in these ways, one after another, and then succeeds.
    private string Call(params Exception[] failures)
    {
        var left = new Queue<Exception>(failures);
        using var session = Session(Deadline.Span);
        return session.Call(_ => Answer("request", "sent"), _ => Answer("conclude", "concluded"));

        string Answer(string call, string answer)
        {
            _calls.Add(call);
            return left.TryDequeue(out var failure) ? throw failure : answer;
        }
    }
}

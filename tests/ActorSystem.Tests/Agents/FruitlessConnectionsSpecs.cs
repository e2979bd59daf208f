using KataActors.Runtime.Agents;
using Xunit;

namespace KataActors.Runtime.Tests.Agents;

public sealed class FruitlessConnectionsSpecs
{
    private readonly FruitlessConnections _connections = new(AgentPatience.Default);

    [Fact]
    public void Should_pause_ever_longer_up_to_a_limit_and_be_too_many_in_the_end_when_each_session_is_short()
    {
        var pauses = new List<double>();
        while (!_connections.AreTooMany)
        {
            pauses.Add(_connections.Pause.TotalSeconds);
            _connections.SessionEnded(TimeSpan.FromSeconds(9.9));
        }

        Assert.Equal([0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, .. Enumerable.Repeat(10.0, 13)], pauses);
    }

    [Fact]
    public void Should_begin_anew_when_a_session_has_lasted()
    {
        for (var i = 0; i < 19; i++)
        {
            _connections.SessionEnded(TimeSpan.Zero);
        }

        _connections.SessionEnded(TimeSpan.FromSeconds(10));

        Assert.Equal((0, TimeSpan.Zero, false), (_connections.Count, _connections.Pause, _connections.AreTooMany));
    }

    [Fact]
    public void Should_count_floods_too()
    {
        for (var i = 0; i < 10; i++)
        {
            _connections.SessionEnded(TimeSpan.Zero);
            Assert.False(_connections.AreTooMany);
            _connections.Flooded();
        }

        Assert.True(_connections.AreTooMany);
    }
}

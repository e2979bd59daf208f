using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Runtime.Agents;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Agents;

/// <summary>The channel's owner against hostile guests.</summary>
public sealed class AgentActorSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly AgentPatience s_short = new(
        TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(4), Deadline.Span, MostInARow: 5, TimeSpan.FromMinutes(10));

    private readonly TemporaryDirectory _directory = new();
    private TestProbe _parent = null!;
    private TestProbe _warnings = null!;

    private string SocketPath => _directory.File("agent.sock");

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_give_the_agent_up_and_log_one_line_when_each_session_ends_at_its_first_byte()
    {
        await using var agent = new UselessAgent(SocketPath, preamble => [.. UselessAgent.Echo(preamble), 0x01]);
        Connect(s_short);

        for (var i = 0; i < s_short.MostInARow; i++)
        {
            await _parent.ExpectMsgAsync<AgentProtocol.Connected>(Deadline.Span);
        }

        var unreachable = await _parent.ExpectMsgAsync<AgentProtocol.Unreachable>(Deadline.Span);
        Assert.StartsWith("5 connections in a row came to nothing, the last one: ", unreachable.Reason, StringComparison.Ordinal);
        Assert.Equal(5, agent.Connections);
        Assert.Contains("the agent channel was lost", (await _warnings.ExpectMsgAsync<Warning>(Deadline.Span)).ToString(), StringComparison.Ordinal);
        await _warnings.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Should_give_the_agent_up_when_it_floods_each_connection()
    {
        await using var agent = new UselessAgent(SocketPath, _ => new byte[9 * 1024 * 1024]);
        Connect(s_short);

        for (var i = 0; i < s_short.MostInARow; i++)
        {
            var failed = await _parent.ExpectMsgAsync<AgentProtocol.ConnectFailed>(Deadline.Span);
            Assert.Equal(FailureCode.ResourceExhausted, failed.Failure.Code);
        }

        await _parent.ExpectMsgAsync<AgentProtocol.Unreachable>(Deadline.Span);
        Assert.Equal(5, agent.Connections);
    }

    [Fact]
    public async Task Should_connect_on_and_on_when_sessions_last()
    {
        await using var agent = new UselessAgent(SocketPath, preamble => [.. UselessAgent.Echo(preamble), 0x01]);
        Connect(s_short with { LastingSession = TimeSpan.Zero });

        for (var i = 0; i < 4 * s_short.MostInARow; i++)
        {
            await _parent.ExpectMsgAsync<AgentProtocol.Connected>(Deadline.Span);
        }
    }

    [Fact]
    public async Task Should_begin_anew_when_it_is_told_to_connect_after_it_has_given_up()
    {
        await using var agent = new UselessAgent(SocketPath, preamble => [.. UselessAgent.Echo(preamble), 0x01]);
        var actor = Connect(s_short);
        await _parent.FishForMessageAsync<AgentProtocol.Unreachable>(_ => true, Deadline.Span);

        actor.Tell(new AgentProtocol.Connect(SocketPath, Deadline.Span, Boots: false), _parent);

        await _parent.ExpectMsgAsync<AgentProtocol.Connected>(Deadline.Span);
        await _parent.FishForMessageAsync<AgentProtocol.Unreachable>(_ => true, Deadline.Span);
        Assert.Equal(10, agent.Connections);
    }

    private IActorRef Connect(AgentPatience patience)
    {
        (_parent, _warnings) = (CreateTestProbe(), CreateTestProbe());
        Sys.EventStream.Subscribe(_warnings, typeof(Warning));
        var actor = _parent.ChildActorOf(AgentActor.Props(patience));
        actor.Tell(new AgentProtocol.Connect(SocketPath, Deadline.Span, Boots: false), _parent);
        return actor;
    }
}

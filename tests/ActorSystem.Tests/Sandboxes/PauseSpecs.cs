using Akka.Actor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Pauses of containers, and looks at them, through the actor of their sandbox.</summary>
public sealed class PauseSpecs : SandboxTest
{
    [Fact]
    public async Task Should_stay_paused_for_the_next_actor_and_be_resumed_by_it()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.PauseContainer(Key), Caller);
        Assert.Equal(GuestPaths.IdOf(Key), (await AnswerAgentAsync<PauseContainerRequest>()).ContainerId);
        await Caller.ExpectMsgAsync<SandboxCommands.Paused>();
        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);

        await SettleAsync();
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        Assert.Equal(ContainerStatus.Paused, (await StateAsync()).Status);
        Manager.Tell(new SandboxCommands.ResumeContainer(Key), Caller);
        Assert.Equal(GuestPaths.IdOf(Key), (await AnswerAgentAsync<ResumeContainerRequest>()).ContainerId);

        await Caller.ExpectMsgAsync<SandboxCommands.Resumed>();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_answer_with_what_the_guest_tells()
    {
        await CreateAsync();

        Manager.Tell(new SandboxQueries.ViewContainer(Key, SandboxQueries.Inside.Statistics), Caller);
        var asked = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is StatsContainerRequest);
        var stats = new StatsContainerResponse();
        Agent.Reply(new AgentProtocol.Invoked(asked.Token, stats));

        Assert.Same(stats, (await Caller.ExpectMsgAsync<SandboxQueries.ContainerView>()).Guest);
    }
}

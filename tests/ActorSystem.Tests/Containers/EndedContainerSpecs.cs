using Akka.Actor;
using Akka.Hosting;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>A container whose process has ended before a repeated start.</summary>
public sealed class EndedContainerSpecs : Akka.Hosting.TestKit.TestKit
{
    private readonly ChildScript _standIn = ChildScript.Start("exec sleep 1000");

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _standIn.Dispose();
    }

    [Theory]
    [InlineData("exec: \"x\": no such file", "exec: \"x\": no such file")]
    [InlineData("", "its process has ended")]
    public async Task Should_answer_a_start_with_why_it_cannot_be(string startFailure, string reason)
    {
        var (agent, parent) = (CreateTestProbe(), CreateTestProbe());
        var container = parent.ChildActorOf(ContainerActor.Props(
            "c", "guest-c", agent, ProcessIdentity.TryRead(_standIn.Pid)!.Value, ContainerStatus.Created, Deadline.Span, Deadline.Span));
        var wait = await agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 127, StartFailure = startFailure }));
        await parent.ExpectMsgAsync<ContainerProtocol.ProcessExited>();

        var failed = await container.Ask<ContainerProtocol.StartFailed>(new ContainerProtocol.Start(), Deadline.Span);

        Assert.Equal(reason, failed.Failure.Message);
    }
}

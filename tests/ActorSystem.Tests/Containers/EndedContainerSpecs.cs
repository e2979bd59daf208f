using Akka.Actor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>A container whose process has ended before a repeated start.</summary>
public sealed class EndedContainerSpecs : ContainerTest
{
    [Theory]
    [InlineData("exec: \"x\": no such file", "exec: \"x\": no such file")]
    [InlineData("", "its process has ended")]
    public async Task Should_answer_a_start_with_why_it_cannot_be(string startFailure, string reason)
    {
        var container = Start(ContainerStatus.Created);
        var wait = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        Agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 127, StartFailure = startFailure }));
        await Parent.ExpectMsgAsync<ContainerProtocol.ProcessExited>();

        var failed = await container.Ask<ContainerProtocol.StartFailed>(new ContainerProtocol.Start(), Deadline.Span);

        Assert.Equal(reason, failed.Failure.Message);
    }
}

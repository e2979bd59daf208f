using Akka.Actor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Tests.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>The guest reports with the end of a process that its program could not be executed.</summary>
public sealed class StartFailureSpecs : SandboxTest
{
    [Fact]
    public async Task Should_record_why_a_program_could_not_be_executed_as_the_reason_of_the_end()
    {
        await CreateAsync();
        var (call, container) = Waiting!.Value;

        container.Tell(new AgentProtocol.Invoked(call.Token, new WaitProcessResponse { Status = 127, StartFailure = "exec \"/no\":\nno such file" }), Agent.Ref);
        await AwaitConditionAsync(async () => (await StateAsync()).Status == ContainerStatus.Stopped, Deadline.Span);

        var state = await StateAsync();
        Assert.Equal((127, "exec \"/no\":\\nno such file"), (state.ExitCode, state.Reason));
    }
}

using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Agents;
using Xunit;

namespace KataActors.Runtime.Tests.Agents;

public sealed class AgentFailureSpecs
{
    [Theory]
    [InlineData("StartContainer on \"/run/s/agent.sock\": no answer within 10 s")]
    [InlineData("container \"s\" did not start within 60 s")]
    public void Should_tell_a_silent_guest_from_one_whose_own_time_was_over(string message) =>
        Assert.Equal(new Failure(FailureCode.DeadlineExceeded, message), AgentFailure.From(new TtrpcException(StatusCode.DeadlineExceeded, message), "StartContainer"));
}

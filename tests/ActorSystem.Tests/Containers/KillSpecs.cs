using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Containers;

/// <summary>A SIGKILL is done when the process has ended for any reason. The clock is the test's own.</summary>
public sealed class KillSpecs : ContainerTest
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(7);
    private TestProbe _caller = null!;
    private IActorRef _container = null!;

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider)
    {
        base.ConfigureAkka(builder, provider);
        builder.AddTestClock();
    }

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        _caller = CreateTestProbe();
        _container = Start(ContainerStatus.Running, killDeadline: s_deadline);
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
    }

    [Fact]
    public async Task Should_tell_the_parent_when_the_exit_is_not_reported_in_time()
    {
        await AnswerAsync(9, invoke => new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await _caller.ExpectMsgAsync<SandboxCommands.Signalled>();

        Clock.Advance(s_deadline);

        Assert.Equal(new ContainerProtocol.KillUnheeded("c"), await Parent.ExpectMsgAsync<ContainerProtocol.KillUnheeded>());
    }

    [Fact]
    public async Task Should_answer_a_kill_of_a_silent_guest_when_its_vm_has_ended()
    {
        await AnswerAsync(9, Silent);
        Clock.Advance(s_deadline);
        await Parent.ExpectMsgAsync<ContainerProtocol.KillUnheeded>();

        _container.Tell(new ContainerProtocol.VmEnded());

        await _caller.ExpectMsgAsync<SandboxCommands.Signalled>();
    }

    [Fact]
    public async Task Should_send_it_again_to_an_agent_that_was_away_and_end_no_vm_meanwhile()
    {
        await AnswerAsync(9, invoke => new AgentProtocol.InvokeFailed(invoke.Token, new Failure(FailureCode.Unavailable, "not connected")));
        await _container.Ask<ActorIdentity>(new Identify(null), Deadline.Span);
        Clock.Advance(s_deadline);
        await _container.Ask<ActorIdentity>(new Identify(null), Deadline.Span); // All due messages are handled.
        Assert.False(Parent.HasMessages);

        _container.Tell(new ContainerProtocol.AgentAvailable());

        var again = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is SignalProcessRequest { Signal: 9 });
        Agent.Reply(new AgentProtocol.Invoked(again.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await _caller.ExpectMsgAsync<SandboxCommands.Signalled>();
    }

    [Fact]
    public async Task Should_fail_at_once_with_another_signal_when_the_guest_is_silent()
    {
        await AnswerAsync(15, Silent);

        Assert.Equal("cannot signal container \"c\": no answer", (await _caller.ExpectMsgAsync<Failure>()).Message);
    }

    [Fact]
    public async Task Should_not_blame_a_guest_that_refuses_the_signal()
    {
        await AnswerAsync(9, invoke => new AgentProtocol.InvokeFailed(invoke.Token, new Failure(FailureCode.FailedPrecondition, "not running")));
        Assert.Equal(FailureCode.FailedPrecondition, (await _caller.ExpectMsgAsync<Failure>()).Code);

        Clock.Advance(s_deadline);

        await _container.Ask<ActorIdentity>(new Identify(null), Deadline.Span); // All due messages are handled.
        Assert.False(Parent.HasMessages);
    }

    [Fact]
    public async Task Should_answer_a_kill_that_waits_when_its_own_end_comes_first()
    {
        await AnswerAsync(9, Silent);
        await _container.Ask<ActorIdentity>(new Identify(null), Deadline.Span);

        Sys.Stop(_container);

        Assert.Equal(FailureCode.Unavailable, (await _caller.ExpectMsgAsync<Failure>()).Code);
    }

    private static object Silent(AgentProtocol.Invoke invoke) => new AgentProtocol.InvokeFailed(invoke.Token, new Failure(FailureCode.DeadlineExceeded, "no answer"));

    private async Task AnswerAsync(int signal, Func<AgentProtocol.Invoke, object> answer)
    {
        _container.Tell(new SandboxCommands.KillContainer(Key, signal, All: false), _caller);
        var invoke = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        Assert.Equal((uint)signal, Assert.IsType<SignalProcessRequest>(invoke.Request).Signal);
        Agent.Reply(answer(invoke));
    }
}

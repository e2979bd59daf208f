using System.Collections.Immutable;
using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>The escalation of a stop.</summary>
public sealed class HypervisorStopSpecs : HypervisorActorTest
{
    [Fact]
    public void Should_quit_by_the_monitor_when_stopped()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Pause(actor);

        Stop(actor);

        Assert.False(Vmm!.Process.Identity.IsAlive());
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_answer_every_asker_when_stopped_twice()
    {
        var (_, actor) = Create();
        Launch(actor);
        Pause(actor);

        actor.Tell(new HypervisorProtocol.Stop(), TestActor);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        ExpectMsg<HypervisorProtocol.Stopped>(Long);
        ExpectMsg<HypervisorProtocol.Stopped>(Long);
    }

    [Fact]
    public void Should_terminate_when_the_monitor_does_not_quit()
    {
        var (_, actor) = Create(new FakeQmpFaults { Unanswered = ["quit"] }, Patient with { QuitTimeout = TimeSpan.FromMilliseconds(50) });
        Launch(actor);
        Pause(actor);

        Stop(actor);

        AssertTerminated();
    }

    [Fact]
    public void Should_terminate_at_once_when_the_monitor_refuses_to_quit()
    {
        var (_, actor) = Create(new FakeQmpFaults { Errors = ImmutableDictionary<string, string>.Empty.Add("quit", "no") });
        Launch(actor);
        Pause(actor);

        Stop(actor);

        AssertTerminated();
    }

    [Fact]
    public void Should_terminate_at_once_when_the_monitor_is_not_there_yet()
    {
        var (_, actor) = Create(new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task });
        Launch(actor);

        Stop(actor);

        AssertTerminated();
    }

    [Fact]
    public void Should_kill_when_neither_monitor_nor_signal_helps()
    {
        // Long enough for the process to note the signal.
        var settings = Hasty with { MonitorCommandTimeout = Long, MonitorConnectTimeout = Long, TerminateTimeout = TimeSpan.FromSeconds(2) };
        var (_, actor) = Create(new FakeQmpFaults { Unanswered = ["quit"] }, settings, stubborn: true);
        Launch(actor);
        Pause(actor);

        Stop(actor);

        Assert.False(Vmm!.Process.Identity.IsAlive());
        AssertTerminated();
    }

    [Fact]
    public void Should_refuse_other_commands_when_stopping()
    {
        var (_, actor) = Create(new FakeQmpFaults { Unanswered = ["quit"] });
        Launch(actor);
        Pause(actor);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        actor.Tell(new HypervisorProtocol.Pause(), TestActor);

        Assert.Equal("the vmm is being stopped", ExpectMsg<HypervisorFailure>(Long).Failure.Message);
        Vmm!.Signal(Signals.SIGKILL);
        ExpectMsg<HypervisorProtocol.Stopped>(Long);
    }

    [Fact]
    public void Should_answer_stopped_when_nothing_was_launched()
    {
        var (_, actor) = CreateWith(new FakeVmmLauncher((_, _) => throw new InvalidOperationException()));

        Stop(actor);
        actor.Tell(new HypervisorProtocol.Pause(), TestActor);

        Assert.Equal("no vmm was launched", ExpectMsg<HypervisorFailure>(Long).Failure.Message);
    }

    // SIGTERM came before any later step.
    private void AssertTerminated() => Assert.Equal("starting\nterminated\n", File.ReadAllText(VmSpec.VmmLog));
}

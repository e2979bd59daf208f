using System.Collections.Immutable;
using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>A running VMM: commands, and its death.</summary>
public sealed class HypervisorActorSpecs : HypervisorActorTest
{
    // Longer than the wait for the monitor's last events after an exit.
    private static readonly TimeSpan s_lastWords = TimeSpan.FromMilliseconds(200);

    [Fact]
    public void Should_report_the_process_when_launched_before_the_monitor_answers()
    {
        var (parent, actor) = Create(new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task });

        var launched = Launch(actor);

        Assert.Equal(Vmm!.Process.Identity, launched.Vmm);
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_answer_once_the_monitor_greets_when_asked_for_threads_before()
    {
        var gate = new TaskCompletionSource();
        var (_, actor) = Create(new FakeQmpFaults { BeforeGreeting = gate.Task });
        Launch(actor);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);
        actor.Tell(new Identify(null), TestActor);
        ExpectMsg<ActorIdentity>(Long);

        gate.SetResult();

        Assert.Equal([4711], (IEnumerable<int>)ExpectMsg<HypervisorProtocol.VcpuThreads>(Long).Tids);
    }

    [Fact]
    public void Should_stop_and_start_the_vcpus_when_paused_and_resumed()
    {
        var (_, actor) = Create();
        Launch(actor);

        actor.Tell(new HypervisorProtocol.Pause(), TestActor);
        ExpectMsg<HypervisorProtocol.Paused>(Long);
        Assert.Equal("paused", Vmm!.Monitor.Status);

        actor.Tell(new HypervisorProtocol.Resume(), TestActor);
        ExpectMsg<HypervisorProtocol.Resumed>(Long);
        Assert.Equal("running", Vmm.Monitor.Status);
    }

    [Fact]
    public void Should_fail_the_command_alone_when_qemu_refuses_it()
    {
        var (_, actor) = Create(new FakeQmpFaults { Errors = ImmutableDictionary<string, string>.Empty.Add("cont", "no") });
        Launch(actor);
        var resume = new HypervisorProtocol.Resume();

        actor.Tell(resume, TestActor);

        Assert.Equal(new HypervisorFailure(resume, new(FailureCode.Internal, "monitor: cont: no")), ExpectMsg<HypervisorFailure>(Long));
        Pause(actor);
    }

    [Fact]
    public void Should_fail_with_deadline_exceeded_when_the_monitor_is_silent()
    {
        var (_, actor) = Create(new FakeQmpFaults { Unanswered = ["query-cpus-fast"] }, Patient with { MonitorCommandTimeout = TimeSpan.FromMilliseconds(50) });
        Launch(actor);

        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);

        Assert.Equal(FailureCode.DeadlineExceeded, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public void Should_reconnect_when_the_monitor_of_a_live_process_ends()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Pause(actor);

        Vmm!.Monitor.CloseClient();

        AwaitAssert(() => Pause(actor), Long);
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_tell_the_parent_once_when_the_process_is_killed()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Pause(actor);

        Vmm!.Signal(Signals.SIGKILL);

        Assert.Equal("QEMU was killed by signal 9: starting", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason);
        ExpectNothingMore(parent, actor, s_lastWords);
        Assert.Equal("starting\n", File.ReadAllText(VmSpec.VmmLog));
    }

    [Fact]
    public async Task Should_name_code_and_last_words_when_the_process_exits_before_the_monitor_was_there()
    {
        var (parent, actor) = Create(new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task });
        Launch(actor);

        Vmm!.Exit(1);
        await Vmm.Monitor.DisposeAsync();

        Assert.Equal("QEMU exited with code 1: leaving with 1", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason);
    }

    [Fact]
    public async Task Should_report_the_death_before_the_failure_of_a_command_that_met_it()
    {
        var (parent, actor) = Create(new FakeQmpFaults { Unanswered = ["query-cpus-fast"] });
        Launch(actor);
        Pause(actor);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), parent.Ref);
        await CommandAsync("query-cpus-fast");

        Vmm!.Monitor.CloseClient();
        parent.ExpectNoMsg(s_lastWords);
        Vmm.Exit(1);

        Assert.Equal("QEMU exited with code 1: leaving with 1", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason);
        Assert.Equal(FailureCode.Unavailable, parent.ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public async Task Should_fail_a_command_whose_connection_ends_while_the_process_lives()
    {
        var (parent, actor) = Create(new FakeQmpFaults { Unanswered = ["query-cpus-fast"] });
        Launch(actor);
        Pause(actor);
        actor.Tell(new HypervisorProtocol.QueryVcpus(), parent.Ref);
        await CommandAsync("query-cpus-fast");

        Vmm!.Monitor.CloseClient();

        Assert.Equal(FailureCode.Unavailable, parent.ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public void Should_give_the_guests_reason_when_the_monitor_announces_the_end()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Pause(actor);

        Vmm!.Monitor.Emit("GUEST_PANICKED");
        Vmm.Monitor.Emit("SHUTDOWN", """{"guest": true, "reason": "guest-panic"}""");
        Vmm.Exit(0);

        Assert.Equal("guest kernel panicked", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason);
        ExpectNothingMore(parent, actor, s_lastWords);
    }

    [Fact]
    public void Should_kill_the_process_when_it_outlives_an_announced_end()
    {
        var (parent, actor) = Create(settings: Patient with { ExitTimeout = TimeSpan.FromMilliseconds(50) });
        Launch(actor);
        Pause(actor);

        Vmm!.Monitor.Emit("SHUTDOWN", """{"guest": true, "reason": "guest-shutdown"}""");

        Assert.StartsWith("guest shut down, QEMU was killed by signal 9", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Should_refuse_commands_with_the_reason_when_the_process_has_died()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Vmm!.Signal(Signals.SIGKILL);
        parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long);

        actor.Tell(new HypervisorProtocol.QueryVcpus(), TestActor);

        var failure = ExpectMsg<HypervisorFailure>(Long).Failure;
        Assert.Equal(FailureCode.FailedPrecondition, failure.Code);
        Assert.Equal("the vmm is not running: QEMU was killed by signal 9: starting", failure.Message);
        Stop(actor);
    }

    private async Task CommandAsync(string name)
    {
        while (await Vmm!.Monitor.NextCommandAsync() != name)
        {
        }
    }
}

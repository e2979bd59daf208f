using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>Adoption of a running VMM.</summary>
public sealed class HypervisorAdoptionSpecs : HypervisorActorTest
{
    private static readonly HypervisorSettings s_impatient = Patient with
    {
        MonitorCommandTimeout = TimeSpan.FromMilliseconds(500),
        MonitorConnectTimeout = TimeSpan.FromMilliseconds(500),
    };

    [Fact]
    public void Should_adopt_when_process_and_monitor_are_those_recorded()
    {
        Vmm = FakeVmm.Start(VmSpec);
        Vmm.Monitor.Status = "paused";
        var (parent, actor) = CreateWith(NoLauncher);

        Adopt(actor);

        Assert.Equal(new HypervisorProtocol.Adopted(Vmm.Process.Identity, "paused"), ExpectMsg<HypervisorProtocol.Adopted>(Long));
        Vmm.Signal(Signals.SIGKILL);
        Assert.Equal("QEMU was killed by signal 9: starting", parent.ExpectMsg<HypervisorProtocol.VmmDied>(Long).Reason);
    }

    [Fact]
    public void Should_say_not_found_when_the_process_to_adopt_is_dead()
    {
        Vmm = FakeVmm.Start(VmSpec);
        Vmm.Signal(Signals.SIGKILL);
        AwaitCondition(() => !Vmm.Process.Identity.IsAlive(), Long);
        var (parent, actor) = CreateWith(NoLauncher);

        Adopt(actor);

        Assert.Equal(FailureCode.NotFound, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
        Assert.Null(ProcessIdentity.TryRead(Vmm.Process.Identity.Pid));
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_say_not_found_when_the_record_is_of_another_boot()
    {
        Vmm = FakeVmm.Start(VmSpec);
        var (_, actor) = CreateWith(NoLauncher);

        actor.Tell(new HypervisorProtocol.Adopt(VmSpec, Vmm.Process.Identity with { Boot = "another" }), TestActor);

        Assert.Equal(FailureCode.NotFound, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public void Should_say_not_found_when_the_pid_is_another_process_now()
    {
        Vmm = FakeVmm.Start(VmSpec);
        var (_, actor) = CreateWith(NoLauncher);
        var identity = Vmm.Process.Identity;

        actor.Tell(new HypervisorProtocol.Adopt(VmSpec, identity with { StartTime = identity.StartTime + 1 }), TestActor);
        Assert.Equal(FailureCode.NotFound, ExpectMsg<HypervisorFailure>(Long).Failure.Code);

        Stop(actor);
        Assert.True(identity.IsAlive());
    }

    [Fact]
    public void Should_say_not_found_when_the_process_is_another_vm()
    {
        Vmm = FakeVmm.Start(VmSpec);
        var (_, actor) = CreateWith(NoLauncher);

        actor.Tell(new HypervisorProtocol.Adopt(VmSpec with { Uuid = Guid.NewGuid() }, Vmm.Process.Identity), TestActor);

        Assert.Equal(FailureCode.NotFound, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public void Should_refuse_and_keep_watch_when_the_monitor_is_of_another_vm()
    {
        Vmm = FakeVmm.Start(VmSpec);
        Vmm.Monitor.Uuid = Guid.NewGuid();
        var (_, actor) = CreateWith(NoLauncher);

        Adopt(actor);

        Assert.Equal(FailureCode.FailedPrecondition, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
        Stop(actor);
        Assert.False(Vmm.Process.Identity.IsAlive());
    }

    [Theory]
    [InlineData("greeting")]
    [InlineData("reply")]
    [InlineData("error")]
    [InlineData("end")]
    public void Should_adopt_when_the_monitor_answers_at_last(string missing)
    {
        var greeting = new TaskCompletionSource();
        Vmm = FakeVmm.Start(VmSpec, faults: missing switch
        {
            "greeting" => new FakeQmpFaults { BeforeGreeting = greeting.Task },
            "reply" => new FakeQmpFaults { Unanswered = ["query-uuid"] },
            "error" => new FakeQmpFaults { Errors = ImmutableDictionary<string, string>.Empty.Add("query-uuid", "not now") },
            _ => new FakeQmpFaults { CloseAfterCommands = 1 },
        });
        var (parent, actor) = CreateWith(NoLauncher, s_impatient);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Adopt(actor);
        ExpectMsg<Warning>(Long);
        Vmm.Monitor.Faults = FakeQmpFaults.None;
        greeting.SetResult();

        FishForMessage<HypervisorProtocol.Adopted>(_ => true, Long);
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_adopt_when_the_monitors_socket_is_there_again()
    {
        Vmm = FakeVmm.Start(VmSpec);
        var monitor = VmSpec.MonitorSocket;
        VmSpec = VmSpec with { RunDirectory = Directory.CreateDirectory(Path.Combine(VmSpec.RunDirectory, "way")).FullName };
        var (_, actor) = CreateWith(NoLauncher);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Adopt(actor);
        ExpectMsg<Warning>(Long);
        File.CreateSymbolicLink(VmSpec.MonitorSocket, monitor);

        FishForMessage<HypervisorProtocol.Adopted>(_ => true, Long);
    }

    [Fact]
    public void Should_say_not_found_when_the_process_dies_while_its_monitor_is_silent()
    {
        Vmm = FakeVmm.Start(VmSpec, faults: new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task });
        var (_, actor) = CreateWith(NoLauncher, s_impatient);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Adopt(actor);
        ExpectMsg<Warning>(Long);
        Vmm.Signal(Signals.SIGKILL);

        Assert.Equal(FailureCode.NotFound, FishForMessage<HypervisorFailure>(_ => true, Long).Failure.Code);
    }

    [Theory]
    [InlineData("greeting")]
    [InlineData("reply")]
    [InlineData("socket")]
    public void Should_still_stop_it_when_the_monitor_to_adopt_never_answers(string missing)
    {
        Vmm = FakeVmm.Start(VmSpec, stubborn: true, faults: missing switch
        {
            "greeting" => new FakeQmpFaults { BeforeGreeting = new TaskCompletionSource().Task },
            "reply" => new FakeQmpFaults { Unanswered = ["query-uuid", "quit"] },
            _ => null,
        });
        if (missing == "socket")
        {
            File.Delete(VmSpec.MonitorSocket);
        }

        var (parent, actor) = CreateWith(NoLauncher, s_impatient with { QuitTimeout = Hasty.QuitTimeout, TerminateTimeout = Hasty.TerminateTimeout });
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Adopt(actor);
        ExpectMsg<Warning>(Long);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        Assert.Equal("the adoption was stopped", FishForMessage<HypervisorFailure>(_ => true, Long).Failure.Message);
        FishForMessage<HypervisorProtocol.Stopped>(_ => true, Long);
        Assert.False(Vmm.Process.Identity.IsAlive());
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_adopt_when_the_way_to_the_monitor_is_open_again_and_say_once_that_it_was_not()
    {
        Vmm = FakeVmm.Start(VmSpec);
        var monitor = VmSpec.MonitorSocket;
        VmSpec = VmSpec with { RunDirectory = Directory.CreateDirectory(Path.Combine(VmSpec.RunDirectory, "way")).FullName };
        File.CreateSymbolicLink(VmSpec.MonitorSocket, VmSpec.MonitorSocket);
        var (parent, actor) = CreateWith(NoLauncher);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        // The monitor is neither silent nor missing: this host cannot connect to it.
        Adopt(actor);
        ExpectMsg<Warning>(Long);
        ExpectNothingMore(parent, actor, 20 * Patient.MonitorReconnectDelay);
        File.CreateSymbolicLink(VmSpec.MonitorSocket + "~", monitor);
        File.Move(VmSpec.MonitorSocket + "~", VmSpec.MonitorSocket, overwrite: true);

        ExpectMsg<HypervisorProtocol.Adopted>(Long);
    }

    [Fact]
    public void Should_leave_the_process_to_a_new_actor_when_it_fails()
    {
        var (parent, actor) = Create();
        Launch(actor);
        Pause(actor);
        parent.Watch(actor);

        actor.Tell(Kill.Instance);
        parent.ExpectTerminated(actor, Long);
        Assert.True(Vmm!.Process.Identity.IsAlive());
        var (_, successor) = CreateWith(NoLauncher);
        Adopt(successor);

        Assert.Equal("paused", ExpectMsg<HypervisorProtocol.Adopted>(Long).Status);
    }
}

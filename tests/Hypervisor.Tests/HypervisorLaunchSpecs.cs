using System.Collections.Immutable;
using Akka.Actor;
using KataActors.Linux;
using KataActors.TestSupport;

namespace KataActors.Hypervisor.Tests;

/// <summary>Launches, and how they fail.</summary>
public sealed class HypervisorLaunchSpecs : HypervisorActorTest
{
    [Fact]
    public void Should_undo_the_launch_when_stopped_meanwhile()
    {
        var (parent, actor) = CreateWith(new FakeVmmLauncher(async (_, cancellation) =>
        {
            await Task.Delay(Timeout.Infinite, cancellation);
            throw new InvalidOperationException();
        }));
        var launch = new HypervisorProtocol.Launch(VmSpec, null);
        actor.Tell(launch, TestActor);

        actor.Tell(new HypervisorProtocol.Stop(), TestActor);

        Assert.Equal(new HypervisorFailure(launch, new(FailureCode.FailedPrecondition, "the launch was stopped")), ExpectMsg<HypervisorFailure>(Long));
        ExpectMsg<HypervisorProtocol.Stopped>(Long);
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_kill_the_new_process_when_a_launch_ends_in_spite_of_its_cancellation()
    {
        var gate = new TaskCompletionSource();
        var (parent, actor) = CreateWith(new FakeVmmLauncher(async (config, _) =>
        {
            await gate.Task;
            Vmm = FakeVmm.Start(config);
            return Vmm.Process;
        }));
        actor.Tell(new HypervisorProtocol.Launch(VmSpec, null), TestActor);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);
        actor.Tell(new HypervisorProtocol.Pause(), TestActor);
        Assert.Equal("the vmm is being launched", ExpectMsg<HypervisorFailure>(Long).Failure.Message);

        gate.SetResult();

        Assert.Equal("the launch was stopped", ExpectMsg<HypervisorFailure>(Long).Failure.Message);
        ExpectMsg<HypervisorProtocol.Stopped>(Long);
        Assert.False(Vmm!.Process.Identity.IsAlive());
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_reply_the_launchers_failure_when_nothing_could_be_started()
    {
        var (parent, actor) = CreateWith(new FakeVmmLauncher((_, _) =>
            Task.FromException<VmmProcess>(new VmmLaunchException(FailureCode.InvalidArgument, "kernel \"/x\": no such file"))));
        var launch = new HypervisorProtocol.Launch(VmSpec, null);

        actor.Tell(launch, TestActor);

        Assert.Equal(new HypervisorFailure(launch, new(FailureCode.InvalidArgument, "kernel \"/x\": no such file")), ExpectMsg<HypervisorFailure>(Long));
        Stop(actor);
        ExpectNothingMore(parent, actor);
    }

    [Fact]
    public void Should_refuse_a_second_launch_when_aVmm_runs()
    {
        var (_, actor) = Create();
        Launch(actor);

        actor.Tell(new HypervisorProtocol.Launch(VmSpec, null), TestActor);

        Assert.Equal(FailureCode.FailedPrecondition, ExpectMsg<HypervisorFailure>(Long).Failure.Code);
    }

    [Fact]
    public void Should_leave_unforeseen_errors_to_the_parent_when_the_launcher_throws_them()
    {
        var (parent, actor) = CreateWith(new FakeVmmLauncher((_, _) => Task.FromException<VmmProcess>(new InvalidOperationException("bug"))));
        parent.Watch(actor);

        actor.Tell(new HypervisorProtocol.Launch(VmSpec, null), TestActor);

        parent.ExpectTerminated(actor, Long);
    }
}

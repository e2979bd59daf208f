using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A new sandbox gets no VM, or is removed before it has one, as decided by the core.</summary>
public sealed class ObtainVmFailureSpecs : ObtainVmTest
{
    [Theory]
    [InlineData(Stage.Asking)]
    [InlineData(Stage.AskingAgain)]
    public void Should_fail_when_the_factory_refuses(Stage stage)
    {
        Until(stage, VmSources.Template);

        var failed = Core.On(new VmRefused(new Failure(FailureCode.ResourceExhausted, "no memory")));

        Assert.Equal(["ReleaseMounts", "EndBoot", "GiveBackVm", "LeaveAgent", "EndVms"], Work(failed));
        Assert.Null(GivenBack(failed));
        MustHaveFailed(failed, FailureCode.ResourceExhausted, "no memory");
    }

    [Fact]
    public void Should_fail_when_the_offer_of_the_factory_is_overdue_and_give_back_a_vm_that_is_granted_afterwards()
    {
        Prepare();

        var failed = Core.Pass(Begun, "Pause");

        Assert.Equal(["ReleaseMounts", "EndBoot", "GiveBackVm", "LeaveAgent", "EndVms"], Work(failed));
        Assert.False(IsObtaining);
        var late = Grant(VmSources.Pool);
        Assert.Equal(["EndBoot", "GiveBackVm"], Work(late));
        Assert.Equal((Pooled, false), (GivenBack(late)!.Config.Uuid, GivenBack(late)!.IsTaken));
        Assert.Empty(late.Events);
        MustHaveFailed(failed, FailureCode.DeadlineExceeded, "it was not done within 5 s");
    }

    [Theory]
    [InlineData("failure", FailureCode.Internal, "no room")]
    [InlineData("loss", FailureCode.Internal, "the x actor failed")]
    [InlineData("silence", FailureCode.DeadlineExceeded, "the stage Asking did not end within 60 s")]
    public void Should_fail_when_the_run_directory_cannot_be_prepared(string how, FailureCode code, string why)
    {
        Grant(VmSources.Pool);

        var failed = how switch
        {
            "failure" => Reply(Begun, "Prepare", new StorageProtocol.StorageFailed("", new Failure(FailureCode.Internal, "no room"))),
            "loss" => Reply(Begun, "Prepare", new ResourceLost("x")),
            _ => Core.Pass(Begun, "Prepare"),
        };

        Assert.False(GivenBack(failed)!.IsTaken);
        MustHaveFailed(failed, code, why);
    }

    [Theory]
    [InlineData("failure", FailureCode.NotFound, "\"/q\" does not exist")]
    [InlineData("loss", FailureCode.Internal, "the x actor failed")]
    [InlineData("silence", FailureCode.DeadlineExceeded, "the stage Launching did not end within 60 s")]
    public void Should_fail_when_a_cold_vm_cannot_be_launched(string how, FailureCode code, string why)
    {
        var launch = Until(Stage.Launching);

        var failed = how switch
        {
            "failure" => Reply(launch, "Launch", new HypervisorFailure(new HypervisorProtocol.Resume(), new(FailureCode.NotFound, "\"/q\" does not exist"))),
            "loss" => Reply(launch, "Launch", new ResourceLost("x")),
            _ => Core.Pass(launch, "Launch"),
        };

        // A VM may run though its launch has no reply.
        Assert.Equal(["ReleaseMounts", "EndBoot", "GiveBackVm", "LeaveAgent", "Stop"], Work(failed));
        MustChangeNothing(new Done(launch.IdOf("Launch"), new HypervisorProtocol.Launched(Vmm)));
        MustHaveFailed(failed, code, why);
    }

    [Fact]
    public void Should_fail_when_the_agent_of_a_cold_vm_is_silent()
    {
        Until(Stage.Booting);

        var failed = Core.On(new AgentSilent(new Failure(FailureCode.DeadlineExceeded, "no answer within 1 s")));

        Assert.Equal(["ReleaseMounts", "EndBoot", "GiveBackVm", "LeaveAgent", "Stop"], Work(failed));
        MustHaveFailed(failed, FailureCode.DeadlineExceeded, "no answer within 1 s");
    }

    [Fact]
    public void Should_record_the_end_of_a_cold_vm_that_dies_and_fail()
    {
        Until(Stage.Booting);

        var failed = Core.On(new VmDied("it crashed"));

        Assert.Equal([typeof(VmStopped), typeof(SandboxDeleteBegun)], failed.EventTypes);
        Assert.DoesNotContain("RequestVm", failed.EffectNames);
        Assert.False(IsObtaining);
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot create container \"s\": it crashed")], RemoveAll(failed).Replies);
    }

    [Theory]
    [InlineData(Stage.Preparing, VmSources.Cold, "Prepare", "EndVms", null, false)]
    [InlineData(Stage.Asking, VmSources.Cold, null, "EndVms", null, false)]
    [InlineData(Stage.Launching, VmSources.Cold, "Launch", "Stop", VmSources.Cold, false)]
    [InlineData(Stage.TakingOver, VmSources.Pool, "TakeOver", "EndVms", VmSources.Pool, false)]
    [InlineData(Stage.Placing, VmSources.Pool, "Apply", "EndVms", VmSources.Pool, true)]
    [InlineData(Stage.Adopting, VmSources.Pool, "Adopt", "Stop", VmSources.Pool, true)]
    [InlineData(Stage.Booting, VmSources.Pool, "Resume", "Stop", VmSources.Pool, true)]
    [InlineData(Stage.Ending, VmSources.Template, "Stop", "Stop", VmSources.Template, false)]
    [InlineData(Stage.AskingAgain, VmSources.Template, null, "EndVms", null, false)]
    public void Should_end_and_give_back_what_it_has_when_the_sandbox_is_removed(
        Stage stage, string source, string? pending, string end, string? givenBack, bool isTaken)
    {
        var asked = Until(stage, source);

        var removal = Core.On(new Delete("s", Force: true, new WaitingRequester(new RequesterId(2), new SandboxCommands.Deleted())));

        Assert.Equal(["ReleaseMounts", "EndBoot", "GiveBackVm", "LeaveAgent", end], Work(removal));
        Assert.Equal((givenBack, isTaken), (GivenBack(removal)?.Source, GivenBack(removal)?.IsTaken ?? false));
        Assert.False(IsObtaining);
        if (pending is not null)
        {
            MustChangeNothing(new Overdue(asked.IdOf(pending)));
        }

        Assert.Equal(
            [new Failure(FailureCode.Cancelled, "cannot create container \"s\": it was deleted meanwhile"), new SandboxCommands.Deleted()],
            RemoveAll(removal).Replies);
    }

    private void MustHaveFailed(Decision failed, FailureCode code, string why)
    {
        Assert.Equal([typeof(SandboxDeleteBegun)], failed.EventTypes);
        Assert.Empty(failed.Replies);
        Assert.False(IsObtaining);

        var end = RemoveAll(failed);

        Assert.Equal(typeof(SandboxDeleted), end.EventTypes.Last());
        Assert.Equal([new Failure(code, $"cannot create container \"s\": {why}")], end.Replies);
    }
}

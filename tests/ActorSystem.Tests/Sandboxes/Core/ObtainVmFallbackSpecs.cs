using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A clone or pool VM fails before its agent's first answer, and a cold boot follows, as decided by the core.</summary>
public sealed class ObtainVmFallbackSpecs : ObtainVmTest
{
    private static readonly Failure s_silence = new(FailureCode.DeadlineExceeded, "no answer within 0.5 s");

    [Fact]
    public void Should_stop_a_clone_that_cannot_be_restored_and_boot_cold()
    {
        Until(Stage.Booting, VmSources.Template);

        var ending = Core.On(new VmUseless("it could not be restored: state is damaged"));
        Assert.Equal(["Dismiss", "Stop"], Work(ending));
        Assert.Equal(ResourceKind.Agent, Dismissed(ending));
        Assert.Equal("the VM from the template has failed, a cold boot follows: it could not be restored: state is damaged", Assert.Single(ending.Step.Remarks).Text);

        MustBootCold(Reply(ending, "Stop", new HypervisorProtocol.Stopped()), "template: it could not be restored: state is damaged");
    }

    // The hypervisor's actor knows of no VM before it has adopted one, and would say that it is stopped.
    [Fact]
    public void Should_end_a_pool_vm_that_cannot_be_adopted_by_its_uuid_and_boot_cold()
    {
        var adopting = Until(Stage.Adopting, VmSources.Pool);

        var ending = Reply(adopting, "Adopt", Failed(Asked<HypervisorProtocol.Adopt>(adopting), "its monitor does not answer"));
        Assert.Equal(["Dismiss", "Dismiss", "EndVms"], Work(ending));
        Assert.Equal([Decider.Uuid, Pooled], ending.Effects.OfType<AwaitedEffect.EndVms>().Single().Uuids);

        MustBootCold(Reply(ending, "EndVms", new VmsEnded()), "pool: its monitor does not answer");
    }

    [Theory]
    [InlineData(Stage.Launching, VmSources.Template, "Launch")]
    [InlineData(Stage.TakingOver, VmSources.Pool, "TakeOver")]
    [InlineData(Stage.Placing, VmSources.Pool, "Apply")]
    [InlineData(Stage.Adopting, VmSources.Pool, "Adopt")]
    public void Should_boot_cold_when_a_stage_does_not_end(Stage stage, string source, string effect)
    {
        var ending = Core.Pass(Until(stage, source), effect);

        MustBootCold(End(ending), $"{source}: the stage {stage} did not end within 60 s");
    }

    [Theory]
    [InlineData(Stage.Launching, VmSources.Template, "Launch")]
    [InlineData(Stage.TakingOver, VmSources.Pool, "TakeOver")]
    [InlineData(Stage.Placing, VmSources.Pool, "Apply")]
    [InlineData(Stage.Adopting, VmSources.Pool, "Adopt")]
    [InlineData(Stage.Booting, VmSources.Pool, "Resume")]
    public void Should_boot_cold_when_the_actor_that_was_asked_is_lost(Stage stage, string source, string effect)
    {
        var ending = Reply(Until(stage, source), effect, new ResourceLost("x"));

        MustBootCold(End(ending), $"{source}: the x actor failed");
    }

    [Theory]
    [InlineData("Launch", VmSources.Template)]
    [InlineData("Resume", VmSources.Pool)]
    public void Should_boot_cold_when_qemu_refuses(string effect, string source)
    {
        var asked = Until(effect == "Launch" ? Stage.Launching : Stage.Booting, source);

        var ending = Reply(asked, effect, Failed(new HypervisorProtocol.Resume(), "no"));

        Assert.Contains("Stop", ending.EffectNames);
        MustBootCold(End(ending), $"{source}: no");
    }

    [Theory]
    [InlineData(VmSources.Template)]
    [InlineData(VmSources.Pool)]
    public void Should_boot_cold_when_the_agent_of_a_clone_or_pool_vm_is_silent(string source)
    {
        Until(Stage.Booting, source);

        MustBootCold(End(Core.On(new AgentSilent(s_silence))), $"{source}: its agent did not answer: no answer within 0.5 s");
    }

    [Fact]
    public void Should_record_no_end_of_the_vm_when_a_clone_dies()
    {
        Until(Stage.Booting, VmSources.Template);

        var ending = Core.On(new VmDied("it crashed"));

        Assert.Empty(ending.Events);
        MustBootCold(End(ending), "template: it crashed");
    }

    // Until the run directory is the sandbox's, the factory ends the VM with its cgroup.
    [Theory]
    [InlineData(Stage.TakingOver, false)]
    [InlineData(Stage.Placing, true)]
    [InlineData(Stage.Adopting, true)]
    [InlineData(Stage.Booting, true)]
    public void Should_give_a_pool_vm_back_as_what_it_is_when_it_has_ended(Stage stage, bool isTaken)
    {
        Until(stage, VmSources.Pool);
        var ending = Core.On(new VmUseless("it crashed"));
        Assert.DoesNotContain("GiveBackVm", ending.EffectNames);

        var lease = GivenBack(End(ending));

        Assert.Equal((Pooled, isTaken), (lease!.Config.Uuid, lease.IsTaken));
    }

    [Fact]
    public void Should_give_back_a_pool_vm_whose_directory_cannot_be_taken_over()
    {
        var ending = Reply(Until(Stage.TakingOver, VmSources.Pool), "TakeOver", new StorageProtocol.StorageFailed("", new Failure(FailureCode.Internal, "no room")));
        Assert.DoesNotContain("VmTaken", ending.EffectNames);

        var asking = End(ending);

        Assert.False(GivenBack(asking)!.IsTaken);
        MustBootCold(asking, "pool: no room");
    }

    [Fact]
    public void Should_fall_back_once()
    {
        Until(Stage.AskingAgain, VmSources.Template);
        var launch = Grant(VmSources.Cold);

        var failed = Reply(launch, "Launch", Failed(new HypervisorProtocol.Resume(), "no memory"));

        Assert.DoesNotContain("RequestVm", failed.EffectNames);
        Assert.False(IsObtaining);
        Assert.Equal([new Failure(FailureCode.Unavailable, "cannot create container \"s\": no memory")], RemoveAll(failed).Replies);
    }

    [Fact]
    public void Should_end_a_failed_vm_once_whatever_is_told_of_it_meanwhile()
    {
        Until(Stage.Ending, VmSources.Template);

        MustChangeNothing(new VmUseless("it could not be restored"));
        MustChangeNothing(new VmDied("QEMU was killed"));
        MustChangeNothing(new AgentSilent(s_silence));
    }

    [Fact]
    public void Should_wait_in_the_queue_of_the_factory_again()
    {
        var asking = Until(Stage.AskingAgain, VmSources.Template);

        Assert.Equal(TimeSpan.FromSeconds(5), asking.Effects.OfType<AwaitedEffect.Pause>().Single().Deadline);
    }

    [Theory]
    [InlineData("failure", "no", FailureCode.Unavailable)]
    [InlineData("loss", "the x actor failed", FailureCode.Internal)]
    [InlineData("silence", "the stage Ending did not end within 60 s", FailureCode.DeadlineExceeded)]
    public void Should_fail_when_the_failed_vm_cannot_be_ended(string how, string why, FailureCode code)
    {
        var ending = Until(Stage.Ending, VmSources.Template);

        var failed = how switch
        {
            "failure" => Reply(ending, "Stop", Failed(new HypervisorProtocol.Stop(), "no")),
            "loss" => Reply(ending, "Stop", new ResourceLost("x")),
            _ => Core.Pass(ending, "Stop"),
        };

        Assert.Equal(new Remark(true, $"QEMU could not be stopped: {why}"), failed.Step.Remarks[0]);
        Assert.Equal(VmSources.Template, GivenBack(failed)!.Source);
        Assert.False(IsObtaining);
        Assert.Equal([new Failure(code, $"cannot create container \"s\": {why}")], RemoveAll(failed).Replies);
    }

    [Theory]
    [InlineData(Stage.Launching, VmSources.Template, "Launch")]
    [InlineData(Stage.TakingOver, VmSources.Pool, "TakeOver")]
    [InlineData(Stage.Placing, VmSources.Pool, "Apply")]
    [InlineData(Stage.Adopting, VmSources.Pool, "Adopt")]
    [InlineData(Stage.Booting, VmSources.Pool, "Resume")]
    public void Should_drop_the_replies_to_an_attempt_that_was_given_up(Stage stage, string source, string effect)
    {
        var stale = Until(stage, source).IdOf(effect);
        var ending = Core.On(new VmUseless("it crashed"));
        MustDrop(stale);

        End(ending);
        MustDrop(stale);

        Grant(VmSources.Cold);
        MustDrop(stale);
        MustDrop(ending.IdOf(ending.EffectNames.Contains("Stop") ? "Stop" : "EndVms"));
    }

    private static HypervisorFailure Failed(HypervisorProtocol.ICommand command, string why) => new(command, new Failure(FailureCode.Unavailable, why));

    private static ResourceKind Dismissed(Decision decision) => decision.Effects.OfType<Effect.Dismiss>().Single().Resource;

    private Decision End(Decision ending) =>
        ending.EffectNames.Contains("Stop") ? Reply(ending, "Stop", new HypervisorProtocol.Stopped()) : Reply(ending, "EndVms", new VmsEnded());

    private void MustDrop(EffectId stale)
    {
        object[] replies =
        [
            new HypervisorProtocol.Launched(Vmm), new HypervisorProtocol.Adopted(Vmm, "paused"), new HypervisorProtocol.Stopped(), new VmsEnded(),
            new StorageProtocol.TakenOver(), new Cgroups.CgroupProtocol.Applied(["/cg"], null, []), new ResourceLost("x"), new Failure(FailureCode.Internal, "no"),
        ];
        foreach (var reply in replies)
        {
            MustChangeNothing(new Done(stale, reply));
        }

        MustChangeNothing(new Overdue(stale));
    }

    // The factory counts the failures that it is told.
    private void MustBootCold(Decision asking, string cloneFailure)
    {
        Assert.Equal(["GiveBackVm", "Dismiss", "RequestVm"], Work(asking));
        Assert.Equal(ResourceKind.Hypervisor, Dismissed(asking));
        Assert.Equal(cloneFailure, Told<FactoryProtocol.RequestVm>(asking).CloneFailure);
        Assert.Null(Core.State.Seen.Vm);

        Assert.Equal(["ReachGuest", "Attach"], Work(Reply(Grant(VmSources.Cold), "Launch", new HypervisorProtocol.Launched(Vmm))));
        Assert.Equal(["CreateSandbox", "EndBoot"], Work(AnswerByAgent()));
        Assert.False(IsObtaining);
        Assert.Equal((VmSources.Cold, Decider.Uuid), (Core.State.Record.VmSource, Core.State.Record.VmUuid));
    }
}

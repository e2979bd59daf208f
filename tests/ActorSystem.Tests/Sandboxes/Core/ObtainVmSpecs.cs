using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Factory;
using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes.Core;

/// <summary>A new sandbox gets its VM, as decided by the core.</summary>
public sealed class ObtainVmSpecs : ObtainVmTest
{
    [Fact]
    public void Should_record_the_intents_of_a_creation_before_a_directory_and_a_vm_are_asked_for()
    {
        Assert.Equal([typeof(SandboxCreateBegun), typeof(ContainerCreateBegun)], Begun.EventTypes);
        Assert.Equal(["Prepare", "RequestVm"], Work(Begun));
        Assert.Equal(new FactoryProtocol.RequestVm(new VmIdentity("s", Decider.Uuid, "/run/x/sandboxes/s"), 1, 64), Told<FactoryProtocol.RequestVm>(Begun));
        var note = Asked<StorageProtocol.Prepare>(Begun).Note;
        Assert.Equal((Decider.Uuid, "s", Core.State.Record.Cgroups), (note.VmUuid, note.Sandbox!.Id, note.Cgroups));
    }

    [Fact]
    public void Should_launch_a_cold_vm_and_be_done_when_its_agent_answers()
    {
        var launch = Until(Stage.Launching);
        Assert.Equal(["Launch"], Work(launch));
        Assert.Empty(launch.Events); // The intent of the creation tells its uuid.
        var command = launch.Effects.OfType<AwaitedEffect.Launch>().Single();
        Assert.Equal((new RequesterId(1), Decider.Uuid), (command.Request, command.Config.Uuid));

        var booting = Reply(launch, "Launch", new HypervisorProtocol.Launched(Vmm));
        Assert.Equal(["ReachGuest", "Attach"], Work(booting));
        Assert.Equal(2, Core.State.Seen.GuestVcpus);
        MustHaveRecordedLaunch(booting, VmSources.Cold, "");

        Assert.Equal(["CreateSandbox", "EndBoot"], Work(AnswerByAgent()));
        Assert.False(IsObtaining);
    }

    [Fact]
    public void Should_take_over_a_pool_vm_by_its_own_uuid_and_be_done_when_its_agent_answers()
    {
        var taking = Until(Stage.TakingOver, VmSources.Pool);
        Assert.Equal(["TakeOver"], Work(taking));
        var take = Asked<StorageProtocol.TakeOver>(taking);
        Assert.Equal((PoolDirectory, Pooled), (take.From, take.Note.VmUuid));

        var placing = Reply(taking, "TakeOver", new StorageProtocol.TakenOver());
        Assert.Equal(["VmTaken", "Apply"], Work(placing));
        Assert.Equal(Pooled, Told<FactoryProtocol.VmTaken>(placing).Vm);
        var apply = Asked<CgroupProtocol.Apply>(placing);
        Assert.Equal((Vmm, 0, null), (apply.Vmm, apply.VcpuTids.Length, apply.Limit));

        var adopting = Reply(placing, "Apply", new CgroupProtocol.Applied(["/cg"], null, []));
        Assert.Equal(["LeavePoolGroup", "Adopt"], Work(adopting));
        var adopt = Asked<HypervisorProtocol.Adopt>(adopting);
        Assert.Equal((Vmm, Pooled), (adopt.Vmm, adopt.Config.Uuid));

        var booting = Reply(adopting, "Adopt", new HypervisorProtocol.Adopted(Vmm, "paused"));
        Assert.Equal(["Resume", "ReachGuest"], Work(booting));
        MustHaveRecordedLaunch(booting, VmSources.Pool, $"{Pooled}");

        Assert.Equal(["CreateSandbox", "EndBoot", "Attach"], Work(AnswerByAgent()));
        Assert.False(IsObtaining);
    }

    // A daemon that crashes after the take-over finds the VM by this uuid.
    [Fact]
    public void Should_record_the_uuid_of_a_pool_vm_before_its_directory_becomes_the_sandboxs()
    {
        Assert.Empty(Grant(VmSources.Pool).Events);

        var taking = Prepare();

        Assert.Equal([typeof(VmAssigned)], taking.EventTypes);
        Assert.Contains("TakeOver", taking.EffectNames);
        Assert.Equal((Pooled, Pooled), (Core.State.Record.VmUuid, Core.State.Record.PoolUuid));
    }

    [Theory]
    [InlineData(true, VmSources.Cold, "Launch")]
    [InlineData(false, VmSources.Cold, "Launch")]
    [InlineData(true, VmSources.Pool, "TakeOver")]
    [InlineData(false, VmSources.Pool, "TakeOver")]
    public void Should_use_a_vm_only_when_it_is_granted_and_the_run_directory_is_prepared(bool isGrantedFirst, string source, string use)
    {
        Assert.Empty(Work(isGrantedFirst ? Grant(source) : Prepare()));

        Assert.Equal([use], Work(isGrantedFirst ? Prepare() : Grant(source)));
    }

    [Fact]
    public void Should_adopt_a_pool_vm_that_cannot_be_placed_and_keep_its_group()
    {
        var placing = Until(Stage.Placing, VmSources.Pool);

        var adopting = Reply(placing, "Apply", new CgroupFailure(Asked<CgroupProtocol.Apply>(placing), new(FailureCode.NotFound, "no room")));

        Assert.Equal(["Adopt"], Work(adopting));
        Assert.Equal(new Remark(false, "the VM from the pool keeps the pool's weight for now: no room"), Assert.Single(adopting.Step.Remarks));
    }

    // The mounts would be lost with a VM that fails before.
    [Theory]
    [InlineData(VmSources.Template)]
    [InlineData(VmSources.Pool)]
    public void Should_hold_back_the_mounts_until_the_agent_of_a_clone_or_pool_vm_answers(string source)
    {
        Assert.DoesNotContain("Attach", Until(Stage.Booting, source).EffectNames);

        Assert.Contains("Attach", AnswerByAgent().EffectNames);
    }

    [Theory]
    [InlineData(VmSources.Cold, 1)]
    [InlineData(VmSources.Template, 0.5)]
    [InlineData(VmSources.Pool, 0.5)]
    public void Should_wait_for_the_agent_as_long_as_a_boot_or_the_start_of_a_clone_may_take(string source, double seconds)
    {
        var reach = Until(Stage.Booting, source).Effects.OfType<Effect.ReachGuest>().Single();

        Assert.Equal((TimeSpan.FromSeconds(seconds), true), (reach.Deadline, reach.Boots));
    }

    // QEMU's reply to the resumption may be late: the boot's deadline is that of the agent's answer.
    [Fact]
    public void Should_await_the_agent_though_the_reply_to_the_resumption_is_overdue()
    {
        var booting = Until(Stage.Booting, VmSources.Pool);

        MustChangeNothing(new Overdue(booting.IdOf("Resume")));

        AnswerByAgent();
        Assert.False(IsObtaining);
    }

    [Fact]
    public void Should_count_the_time_of_the_creation_from_the_grant()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), TimeOf(Begun));

        Assert.Equal(TimeSpan.FromSeconds(2), TimeOf(Grant(VmSources.Cold)));

        MustChangeNothing(new Overdue(Begun.IdOf("Pause")));
    }

    [Fact]
    public void Should_tell_when_each_step_begins_and_ends()
    {
        Assert.Equal(["-journal", "+factory"], Steps(Begun));
        var launch = Until(Stage.Launching);
        Assert.Equal(["-factory", "+launch"], Steps(launch));
        Assert.Equal(["-launch", "+boot", "+attach"], Steps(Reply(launch, "Launch", new HypervisorProtocol.Launched(Vmm))));
        Assert.Equal(["+createSandbox", "-boot"], Steps(AnswerByAgent()));
    }

    private static TimeSpan TimeOf(Decision decision) => decision.Effects.OfType<AwaitedEffect.Pause>().Single().Deadline;

    private static IEnumerable<string> Steps(Decision decision) => decision.Effects.Select(effect => effect switch
    {
        Effect.StepBegan began => $"+{began.Step}",
        Effect.StepEnded ended => $"-{ended.Step}",
        _ => "",
    }).Where(step => step.Length > 0);

    // No effect waits for this fact.
    private static void MustHaveRecordedLaunch(Decision booting, string source, string uuid)
    {
        Assert.Empty(booting.Events);
        var launched = Assert.IsType<VmLaunched>(Assert.Single(booting.Step.LateEvents));
        Assert.Equal((Vmm.Pid, Vmm.StartTime, source, uuid), (launched.Vmm.Pid, launched.Vmm.StartTime, launched.Source, launched.Uuid));
    }
}

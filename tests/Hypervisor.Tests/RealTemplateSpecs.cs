using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;

namespace KataActors.Hypervisor.Tests;

/// <summary>Saving a real QEMU as a template, and clones of it.</summary>
public sealed class RealTemplateSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly TimeSpan s_long = TestSupport.Deadline.Span;

    private readonly List<RealVm> _vms = [];

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) =>
        builder.AddHocon("akka.test.single-expect-default = 60s", HoconAddMode.Prepend);

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _vms.ForEach(vm => vm.Dispose());
    }

    [Fact]
    public void Should_let_clones_run_on_from_where_the_template_was_saved()
    {
        var template = SaveTemplate();
        var memory = File.ReadAllBytes(template.MemoryFile);

        foreach (var clone in new[] { Clone(template), Clone(template) })
        {
            clone.Parent.ExpectMsg<HypervisorProtocol.Restored>(s_long);
            Assert.Equal("running", Status(clone));
        }

        Assert.Equal(memory, File.ReadAllBytes(template.MemoryFile));
    }

    [Fact]
    public void Should_say_so_when_the_state_is_damaged()
    {
        var template = SaveTemplate();
        var state = File.ReadAllBytes(template.StateFile);
        state.AsSpan(state.Length / 2).Clear();
        File.WriteAllBytes(template.StateFile, state);

        var clone = Clone(template);

        var end = clone.Parent.FishForMessage(message => message is HypervisorProtocol.VmmDied or HypervisorProtocol.RestoreFailed, s_long);
        Assert.NotEmpty(end is HypervisorProtocol.VmmDied died ? died.Reason : ((HypervisorProtocol.RestoreFailed)end).Reason);
    }

    [Fact]
    public void Should_refuse_to_launch_when_a_file_of_the_template_is_missing()
    {
        var template = SaveTemplate();
        File.Delete(template.StateFile);
        var vm = NewVm(template);
        var actor = CreateTestProbe().ChildActorOf(HypervisorActor.Props(new HypervisorSettings(), new VmmLauncher()));

        actor.Tell(new HypervisorProtocol.Launch(vm, null), TestActor);

        var failure = ExpectMsg<HypervisorFailure>(s_long).Failure;
        Assert.Equal((FailureCode.InvalidArgument, $"template state \"{template.StateFile}\": no such file"), (failure.Code, failure.Message));
    }

    [Fact]
    public void Should_refuse_to_save_what_was_not_started_to_become_a_template()
    {
        var (_, actor) = Launch(NewVm(null));

        actor.Tell(new HypervisorProtocol.SaveTemplate(), TestActor);

        Assert.Equal(FailureCode.FailedPrecondition, ExpectMsg<HypervisorFailure>(s_long).Failure.Code);
    }

    private VmTemplate SaveTemplate()
    {
        var directory = new RealVm();
        _vms.Add(directory);
        Directory.CreateDirectory(directory["template"]);
        var template = new VmTemplate(directory["template"], TemplateUse.Make);
        var (_, actor) = Launch(directory.Config with { Template = template });
        actor.Tell(new HypervisorProtocol.SaveTemplate(), TestActor);
        ExpectMsg<HypervisorProtocol.TemplateSaved>(s_long);
        actor.Tell(new HypervisorProtocol.Stop(), TestActor);
        ExpectMsg<HypervisorProtocol.Stopped>(s_long);
        return template with { Use = TemplateUse.Clone };
    }

    private (TestProbe Parent, IActorRef Actor, VmConfig Config) Clone(VmTemplate template)
    {
        var config = NewVm(template);
        var (parent, actor) = Launch(config);
        return (parent, actor, config);
    }

    private VmConfig NewVm(VmTemplate? template)
    {
        var vm = new RealVm();
        _vms.Add(vm);
        return vm.Config with { Template = template };
    }

    private (TestProbe Parent, IActorRef Actor) Launch(VmConfig config)
    {
        var parent = CreateTestProbe();
        var actor = parent.ChildActorOf(HypervisorActor.Props(new HypervisorSettings(), new VmmLauncher()), supervisorStrategy: SupervisorStrategy.StoppingStrategy);
        actor.Tell(new HypervisorProtocol.Launch(config, null), TestActor);
        ExpectMsg<HypervisorProtocol.Launched>(s_long);
        return (parent, actor);
    }

    // A second actor's monitor would wait for the first one's; adoption asks for the run state.
    private string Status((TestProbe Parent, IActorRef Actor, VmConfig Config) clone)
    {
        Sys.Stop(clone.Actor);
        var fresh = CreateTestProbe().ChildActorOf(HypervisorActor.Props(new HypervisorSettings(), new VmmLauncher()));
        fresh.Tell(new HypervisorProtocol.Adopt(clone.Config, VmmFinder.Find(clone.Config.Uuid, clone.Config.QemuPath).Single()), TestActor);
        var status = ExpectMsg<HypervisorProtocol.Adopted>(s_long).Status;
        Sys.Stop(fresh);
        return status;
    }
}

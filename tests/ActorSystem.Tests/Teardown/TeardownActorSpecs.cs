using Akka.Actor;
using Akka.Event;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Runtime.Teardown;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Teardown;

/// <summary>The actor that tears down a VM; hypervisor and cgroups are probes, and the clock is the test's own.</summary>
public sealed class TeardownActorSpecs : Akka.Hosting.TestKit.TestKit
{
    private readonly TemporaryDirectory _directory = new();
    private TestProbe _parent = null!;
    private TestProbe _hypervisor = null!;
    private TestProbe _groups = null!;
    private string _folder = "";

    private TestScheduler Clock => (TestScheduler)Sys.Scheduler;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
        .AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend)
        .AddTestClock();

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        (_parent, _hypervisor, _groups) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        _folder = Directory.CreateDirectory(_directory.File("run")).FullName;
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_remove_the_cgroups_after_qemu_and_the_record_after_both()
    {
        var actor = Begin(remains => remains with { Hypervisor = _hypervisor });
        await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        await ExpectNothingMoreAsync(actor, _groups);
        _hypervisor.Reply(new HypervisorProtocol.Stopped());
        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.True(Directory.Exists(_folder));

        _groups.Reply(new CgroupProtocol.Destroyed());

        await _parent.ExpectMsgAsync<TeardownActor.Gone>();
        Assert.False(Directory.Exists(_folder));
        await _parent.ExpectTerminatedAsync(actor);
    }

    [Theory]
    [InlineData("it fails")]
    [InlineData("its actor fails")]
    [InlineData("it is silent")]
    public async Task Should_end_qemu_by_its_uuid_when_its_actor_does_not_stop_it(string how)
    {
        using var vmm = PlayedVmm.Start();
        Begin(remains => remains with { Vm = vmm.Uuid, QemuPath = PlayedVmm.Program, Hypervisor = _hypervisor, MakeGroups = null });
        var stop = await _hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        switch (how)
        {
            case "it fails":
                _hypervisor.Reply(new HypervisorFailure(stop, new(FailureCode.DeadlineExceeded, "SIGKILL did not end it")));
                break;
            case "its actor fails":
                Sys.Stop(_hypervisor);
                break;
            default:
                Clock.Advance(TimeSpan.FromSeconds(30));
                break;
        }

        await _parent.ExpectMsgAsync<TeardownActor.Gone>();
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
    }

    [Fact]
    public async Task Should_try_again_after_pauses_that_grow_and_tell_its_parent_once()
    {
        var log = CreateTestProbe();
        Sys.EventStream.Subscribe(log, typeof(Error));
        var actor = Begin();
        await FailGroupsAsync();
        Assert.Equal("its cgroup is left: it is busy", (await _parent.ExpectMsgAsync<TeardownActor.Delayed>()).Problem);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await log.ExpectMsgAsync<Error>();
        await FailGroupsAsync();
        await log.ExpectMsgAsync<Error>();
        await ExpectNothingMoreAsync(actor, _parent); // It rests, too.
        Clock.Advance(TimeSpan.FromSeconds(1));
        await ExpectNothingMoreAsync(actor, _groups);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();

        _groups.Reply(new CgroupProtocol.Destroyed());

        await _parent.ExpectMsgAsync<TeardownActor.Gone>();
        Assert.False(Directory.Exists(_folder));
    }

    [Fact]
    public async Task Should_give_up_a_step_that_does_not_end_in_time_and_keep_the_record()
    {
        Begin();
        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();

        Clock.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("its cgroup is left: it was not removed within 15 s", (await _parent.ExpectMsgAsync<TeardownActor.Delayed>()).Problem);
        Assert.True(Directory.Exists(_folder));
    }

    [Fact]
    public async Task Should_ask_the_actor_that_is_at_work_on_the_cgroups_and_a_fresh_one_the_next_time()
    {
        var atWork = CreateTestProbe();
        Begin(remains => remains with { Groups = atWork });
        var destroy = await atWork.ExpectMsgAsync<CgroupProtocol.Destroy>();
        atWork.Reply(new CgroupFailure(destroy, new(FailureCode.Internal, "it is busy")));
        await _parent.ExpectMsgAsync<TeardownActor.Delayed>();

        Clock.Advance(TimeSpan.FromSeconds(1));

        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.False(atWork.HasMessages);
    }

    [Fact]
    public async Task Should_touch_nothing_of_a_vm_whose_record_a_sandbox_has_taken()
    {
        using var vmm = PlayedVmm.Start();
        Begin(remains => remains with { Vm = vmm.Uuid, QemuPath = PlayedVmm.Program, OnlyWhileRecorded = true, Folders = [_directory.File("taken")] });

        await _parent.ExpectMsgAsync<TeardownActor.Gone>();

        Assert.NotNull(ProcessIdentity.TryRead(vmm.Pid));
        Assert.False(_groups.HasMessages);
    }

    [Fact]
    public async Task Should_remove_what_folders_it_can_and_tell_of_the_others()
    {
        var blocked = Path.Combine(_directory.File("file"), "run");
        File.WriteAllText(_directory.File("file"), "");
        Begin(remains => remains with { MakeGroups = null, Folders = [blocked, _folder] });

        Assert.StartsWith("its record is left: ", (await _parent.ExpectMsgAsync<TeardownActor.Delayed>()).Problem, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder));
    }

    private IActorRef Begin(Func<VmRemains, VmRemains>? change = null)
    {
        var remains = new VmRemains(Guid.NewGuid(), "/q", [_folder]) { MakeGroups = () => Props.Create(() => new Relay(_groups.Ref)) };
        var actor = _parent.ChildActorOf(TeardownActor.Props(change?.Invoke(remains) ?? remains));
        _parent.Watch(actor);
        return actor;
    }

    private async Task FailGroupsAsync()
    {
        var destroy = await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();
        _groups.Reply(new CgroupFailure(destroy, new(FailureCode.Internal, "it is busy")));
    }

    // The next message is the actor's answer to a query.
    private static async Task ExpectNothingMoreAsync(IActorRef actor, TestProbe probe)
    {
        actor.Tell(new Identify(null), probe);
        Assert.IsType<ActorIdentity>(await probe.ReceiveOneAsync(Deadline.Span));
    }

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef probe) => ReceiveAny(probe.Forward);
    }
}

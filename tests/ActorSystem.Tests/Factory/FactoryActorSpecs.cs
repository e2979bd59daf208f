using Akka.Actor;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Factory.FactoryProtocol;

namespace KataActors.Runtime.Tests.Factory;

/// <summary>Admission, and the answers of a factory without a template; no VM starts here.</summary>
public sealed class FactoryActorSpecs : FactoryTest
{
    private TestProbe _groups = null!;
    private string _group = "";

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        _groups = CreateTestProbe();
    }

    [Fact]
    public async Task Should_grant_so_many_boots_at_once_and_the_next_in_order_when_one_ends()
    {
        var factory = Create(boots: 2);
        var askers = Enumerable.Range(0, 4).Select(_ => CreateTestProbe()).ToArray();
        var uuids = askers.Select(asker => Ask(factory, asker)).ToArray();
        await askers[0].ExpectMsgAsync<VmGranted>();
        await askers[1].ExpectMsgAsync<VmGranted>();
        await ExpectNothingMoreAsync(factory, askers[2]);

        factory.Tell(new BootEnded(uuids[1]));

        await askers[2].ExpectMsgAsync<VmGranted>();
        await ExpectNothingMoreAsync(factory, askers[3]);
    }

    [Fact]
    public async Task Should_grant_the_next_when_who_was_granted_is_gone()
    {
        var factory = Create(boots: 1);
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Ask(factory, first);
        await first.ExpectMsgAsync<VmGranted>();
        Ask(factory, second);

        Sys.Stop(first);

        await second.ExpectMsgAsync<VmGranted>();
    }

    [Fact]
    public async Task Should_forget_a_request_whose_asker_is_gone()
    {
        var factory = Create(boots: 1);
        var (first, second, third) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var granted = Ask(factory, first);
        await first.ExpectMsgAsync<VmGranted>();
        Ask(factory, second);
        Ask(factory, third);
        Sys.Stop(second);
        await AwaitAssertAsync(async () => Assert.Equal(1, (await StatusAsync(factory)).Waiting), Deadline.Span);

        factory.Tell(new BootEnded(granted));

        await third.ExpectMsgAsync<VmGranted>();
    }

    [Fact]
    public async Task Should_fail_a_request_that_waits_too_long_and_say_why()
    {
        var factory = Create(boots: 1, queue: TimeSpan.FromSeconds(2));
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        Ask(factory, first);
        await first.ExpectMsgAsync<VmGranted>();
        Ask(factory, second);

        var failure = await second.ExpectMsgAsync<Failure>();

        Assert.Equal((FailureCode.DeadlineExceeded, "no VM could be had within 2 s: 1 VMs are booting"), (failure.Code, failure.Message));
        Assert.Equal(0, (await StatusAsync(factory)).Waiting);
    }

    [Fact]
    public async Task Should_count_a_cold_boot_after_a_failed_clone_as_a_fallback_and_say_why()
    {
        var factory = Create(boots: 1);
        var asker = CreateTestProbe();

        Ask(factory, asker, "template: it could not be restored");

        Assert.Equal(VmSources.Cold, (await asker.ExpectMsgAsync<VmGranted>()).Source);
        var counts = (await StatusAsync(factory)).Counts;
        Assert.Equal((1, 1, 0, "template: it could not be restored"), (counts.Cold, counts.Fallbacks, counts.Misses, counts.LastFallback));
    }

    [Fact]
    public async Task Should_describe_a_vm_without_a_place_in_the_queue()
    {
        var factory = Create(boots: 1);
        var asker = CreateTestProbe();
        Ask(factory, asker);
        await asker.ExpectMsgAsync<VmGranted>();
        var identity = new VmIdentity("h", Guid.NewGuid(), "/run/h");

        var described = await factory.Ask<VmDescribed>(new DescribeVm(identity, 3, 512), Deadline.Span);

        Assert.Equal((identity.Uuid, 3, 512), (described.Config.Uuid, described.Config.VcpuCount, described.Config.MemoryMib));
    }

    [Fact]
    public async Task Should_say_that_the_template_is_not_enabled_when_one_is_to_be_made()
    {
        var failure = await Create(boots: 1).Ask<Failure>(new InitTemplate(""), Deadline.Span);

        Assert.Equal(FailureCode.FailedPrecondition, failure.Code);
        Assert.Contains("kata-actors.factory.enable-template", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_destroy_nothing_when_there_is_nothing()
    {
        Assert.False((await Create(boots: 1).Ask<FactoryDestroyed>(new DestroyFactory(), Deadline.Span)).HadTemplate);
    }

    [Fact]
    public async Task Should_remove_what_a_killed_daemon_left_before_it_serves()
    {
        var (vm, template) = (Guid.NewGuid(), Guid.NewGuid());
        var left = MakeLeft(vm);
        var half = Directory.CreateDirectory(Path.Combine(Folder.Path, "template", $"making-{template}")).FullName;
        var asker = CreateTestProbe();

        Ask(Create(boots: 1), asker);

        await RemoveGroupAsync(vm, left);
        await asker.ExpectMsgAsync<VmGranted>();
        Assert.False(Directory.Exists(left) || Directory.Exists(half));
    }

    [Fact]
    public async Task Should_keep_the_record_of_a_killed_daemons_vm_whose_group_does_not_go_serve_and_try_again()
    {
        var vm = Guid.NewGuid();
        var left = MakeLeft(vm);
        var asker = CreateTestProbe();
        Ask(Create(boots: 1), asker);

        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();
        _groups.Reply(new CgroupFailure(new CgroupProtocol.Destroy(), new(FailureCode.Internal, "it is busy")));

        await asker.ExpectMsgAsync<VmGranted>();
        await RemoveGroupAsync(vm, left);
        await Eventually.HoldsAsync(() => !Directory.Exists(left));
    }

    [Fact]
    public async Task Should_end_a_vm_that_is_given_back_and_remove_its_group_before_its_record()
    {
        using var vmm = PlayedVmm.Start();
        var factory = Create(boots: 1);
        await StatusAsync(factory);
        var left = MakeLeft(vmm.Uuid);

        factory.Tell(new EndVm(vmm.Uuid));

        await RemoveGroupAsync(vmm.Uuid, left);
        Assert.Null(ProcessIdentity.TryRead(vmm.Pid));
        await Eventually.HoldsAsync(() => !Directory.Exists(left));
    }

    private string MakeLeft(Guid vm) => Directory.CreateDirectory(Path.Combine(Folder.Path, "factory", vm.ToString("N"))).FullName;

    private async Task RemoveGroupAsync(Guid vm, string directory)
    {
        await _groups.ExpectMsgAsync<CgroupProtocol.Destroy>();
        var asker = _groups.Sender;
        Assert.Equal(FactoryDirectory.CgroupOf(vm), _group);
        await asker.Ask<ActorIdentity>(new Identify(null), Deadline.Span);
        Assert.False(_groups.HasMessages);
        Assert.True(Directory.Exists(directory));
        asker.Tell(new CgroupProtocol.Destroyed(), _groups);
    }

    private static Guid Ask(IActorRef factory, TestProbe asker, string? cloneFailure = null)
    {
        var uuid = Guid.NewGuid();
        factory.Tell(new RequestVm(new VmIdentity("h", uuid, "/run/h"), 1, 256, cloneFailure), asker);
        return uuid;
    }

    // The next message is the factory's answer to a query.
    private static async Task ExpectNothingMoreAsync(IActorRef factory, TestProbe asker)
    {
        factory.Tell(new GetStatus(), asker);
        Assert.IsType<FactoryStatus>(await asker.ReceiveOneAsync(Deadline.Span));
    }

    private IActorRef Create(int boots, TimeSpan? queue = null) =>
        Create(Services(Settings(template: false, 0, 0, boots), new SandboxChildren(NoChild, Group, _ => NoChild(), NoChild)) with
        {
            Directory = new FactoryDirectory(Folder.File("factory"), PlayedVmm.Program),
            QueueDeadline = queue ?? Deadline.Span,
        });

    private Props Group(string name, CgroupPlacement placement)
    {
        _group = name;
        return Props.Create(() => new Relay(_groups.Ref));
    }

    private static Props NoChild() => throw new InvalidOperationException("no VM is started in these tests");

    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef probe) => ReceiveAny(probe.Forward);
    }
}

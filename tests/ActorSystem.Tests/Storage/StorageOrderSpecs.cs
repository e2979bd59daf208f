using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Linux;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;
using static KataActors.Runtime.Storage.StorageProtocol;

namespace KataActors.Runtime.Tests.Storage;

/// <summary>The order of commands, and hanging commands. Deadlines pass when the test says so.</summary>
public sealed class StorageOrderSpecs : Akka.Hosting.TestKit.TestKit
{
    private static readonly ProcessIdentity s_vmm = new(int.MaxValue - 1, 1);
    private static readonly SandboxNote s_note = new(Guid.NewGuid(), CgroupPlacement.Default);
    private static readonly ImmutableArray<BindPlan> s_binds = [new(0, false), new(1, true)];

    private readonly TemporaryDirectory _directory = new();
    private readonly PlayedMounts _mounts = new();

    private string RunDirectory => Path.Combine(_directory.Path, "sandboxes", "s");

    private IActorRef Storage { get; set; } = null!;

    private TestProbe Requester { get; set; } = null!;

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
        .AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend)
        .AddTestClock();

    protected override async Task BeforeTestStart()
    {
        await base.BeforeTestStart();
        Storage = Sys.ActorOf(StorageActor.Props(RunDirectory, _mounts));
        Requester = CreateTestProbe();
    }

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_let_no_command_of_a_container_overtake_another_while_those_of_others_go_on()
    {
        var gate = _mounts.Hang("attach c/rootfs");
        Tell(AttachOf("c"));
        Tell(DetachOf("c"));

        Tell(AttachOf("d"));
        await Requester.ExpectMsgAsync(new Attached("d"));
        gate.LetGo();

        await Requester.ExpectMsgAsync(new Attached("c"));
        await Requester.ExpectMsgAsync(new Detached("c"));
        Assert.Equal(["d/mounts/0", "d/mounts/1", "d/rootfs"], _mounts.Mounted);
    }

    [Fact]
    public async Task Should_carry_out_a_command_for_the_sandbox_after_all_before_it_and_before_all_after_it()
    {
        var gate = _mounts.Hang("attach c/rootfs");
        Tell(new Prepare(s_note));
        Tell(AttachOf("c"));
        Tell(new Release());
        Tell(AttachOf("d"));
        await gate.ReachedAsync();
        await TakenInAsync();

        Assert.True(Directory.Exists(RunDirectory));
        gate.LetGo();

        await Requester.ExpectMsgAsync<Prepared>();
        await Requester.ExpectMsgAsync(new Attached("c"));
        await Requester.ExpectMsgAsync<Released>();
        await Requester.ExpectMsgAsync(new Attached("d"));
    }

    [Fact]
    public async Task Should_release_what_a_takeover_has_moved_when_it_comes_after_it()
    {
        var from = Directory.CreateDirectory(Path.Combine(_directory.Path, "factory", "x")).FullName;
        var gate = _mounts.Hang("attach c/rootfs");
        Tell(new Prepare(s_note));
        Tell(AttachOf("c"));
        Tell(new TakeOver(from, s_note));
        Tell(new Release());
        await gate.ReachedAsync();
        gate.LetGo();

        await Requester.ExpectMsgAsync<Prepared>();
        await Requester.ExpectMsgAsync(new Attached("c"));
        await Requester.ExpectMsgAsync<TakenOver>();
        await Requester.ExpectMsgAsync<Released>();
        Assert.False(Directory.Exists(from));
        Assert.False(Directory.Exists(RunDirectory));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_undo_a_mount_that_returns_after_it_was_given_up(bool fails)
    {
        var gate = await GiveUpAsync();

        gate.LetGo(fails ? new LinuxException(Errno.EIO, "move_mount", "x") : null);
        Tell(DetachOf("c"));

        await Requester.ExpectMsgAsync(new Detached("c"));
        Assert.Empty(_mounts.Mounted);
        Assert.Equal(
            ["attach c/rootfs", "attach c/mounts/0", "detach c/mounts/0", "detach c/rootfs", "detach c/mounts/0", "detach c/mounts/1", "detach c/rootfs"],
            _mounts.Calls);
    }

    [Fact]
    public async Task Should_name_what_hangs_when_a_command_waits_for_it_in_vain()
    {
        var gate = await GiveUpAsync();
        Tell(DetachOf("c"));
        await TakenInAsync();

        PassDeadline();

        await ExpectOverdueAsync(
            "c", "detaching the mounts of container \"c\" did not begin within 20 s: attaching mounts[0] of container \"c\" has not ended");
        gate.LetGo();
        Tell(DetachOf("c"));
        await Requester.ExpectMsgAsync(new Detached("c"));
        Assert.Empty(_mounts.Mounted);
    }

    [Fact]
    public async Task Should_release_although_a_mount_that_was_given_up_still_hangs()
    {
        var gate = await GiveUpAsync();

        Tell(new Release());

        await Requester.ExpectMsgAsync<Released>();
        gate.LetGo();
    }

    [Fact]
    public async Task Should_close_the_descriptors_when_the_attach_has_really_ended()
    {
        var attach = AttachOf("c");
        var gate = await GiveUpAsync(attach);
        var never = AttachOf("c");
        Tell(never);
        await TakenInAsync();
        Assert.All(Handles(attach).Concat(Handles(never)), handle => Assert.False(handle.IsClosed));

        PassDeadline();

        await ExpectOverdueAsync("c", "attaching the mounts of container \"c\" did not begin within 20 s: attaching mounts[0] of container \"c\" has not ended");
        Assert.All(Handles(never), handle => Assert.True(handle.IsClosed));
        Assert.All(Handles(attach), handle => Assert.False(handle.IsClosed));
        gate.LetGo();
        Tell(DetachOf("c"));
        await Requester.ExpectMsgAsync(new Detached("c"));
        Assert.All(Handles(attach), handle => Assert.True(handle.IsClosed));
    }

    [Fact]
    public async Task Should_undo_what_hangs_and_close_what_waits_when_it_is_stopped()
    {
        var gate = _mounts.Hang("attach c/mounts/0");
        var (attach, waiting) = (AttachOf("c"), AttachOf("c"));
        Tell(attach);
        Tell(waiting);
        await gate.ReachedAsync();
        await TakenInAsync();

        await Storage.GracefulStop(Deadline.Span);
        Assert.All(Handles(waiting), handle => Assert.True(handle.IsClosed));
        gate.LetGo();

        await Eventually.HoldsAsync(() => Handles(attach).All(handle => handle.IsClosed));
        Assert.Empty(_mounts.Mounted);
        Assert.DoesNotContain("attach c/mounts/1", _mounts.Calls);
    }

    // The attach of "c" hangs in its first volume; its requester has got the failure.
    private async Task<PlayedMounts.Gate> GiveUpAsync(Attach? attach = null)
    {
        var gate = _mounts.Hang("attach c/mounts/0");
        Tell(attach ?? AttachOf("c"));
        await gate.ReachedAsync();
        PassDeadline();
        await ExpectOverdueAsync("c", "attaching mounts[0] of container \"c\" did not end within 20 s");
        return gate;
    }

    private async Task ExpectOverdueAsync(string id, string message) =>
        await Requester.ExpectMsgAsync(new StorageFailed(id, new Failure(FailureCode.DeadlineExceeded, message)));

    private void PassDeadline() => ((TestScheduler)Sys.Scheduler).Advance(StorageActor.Deadline);

    private Task TakenInAsync() => Storage.Ask<ActorIdentity>(new Identify(null), Deadline.Span);

    private void Tell(object command) => Storage.Tell(command, Requester);

    private static Attach AttachOf(string id) => new(
        id,
        id,
        s_vmm,
        new DescriptorSet(File.OpenHandle("/dev/null"), ImmutableDictionary.CreateRange(s_binds.Select(bind => KeyValuePair.Create(bind.MountIndex, File.OpenHandle("/dev/null")))), null),
        RootReadOnly: false,
        [],
        s_binds);

    private static Detach DetachOf(string id) => new(id, id, s_vmm, s_binds);

    private static IEnumerable<Microsoft.Win32.SafeHandles.SafeFileHandle> Handles(Attach attach) => [attach.Descriptors.Rootfs!, .. attach.Descriptors.BindSources.Values];
}

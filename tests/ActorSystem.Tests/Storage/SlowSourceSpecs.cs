using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Akka.TestKit;
using KataActors.Linux;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static KataActors.Runtime.Storage.StorageProtocol;

namespace KataActors.Runtime.Tests.Storage;

/// <summary>Real mounts, in the mount namespace of a process that stands for the VMM, of a volume whose FUSE server does not answer.</summary>
public sealed class SlowSourceSpecs : Akka.Hosting.TestKit.TestKit
{
    private readonly TemporaryDirectory _directory = new();

    private string Share => Path.Combine(_directory.Path, "share");

    protected override void ConfigureAkka(AkkaConfigurationBuilder builder, IServiceProvider provider) => builder
        .AddHoconFile(Repository.TestConfiguration, HoconAddMode.Prepend)
        .AddTestClock();

    protected override async Task AfterAllAsync()
    {
        await base.AfterAllAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Should_leave_nothing_mounted_of_a_volume_that_answers_too_late()
    {
        Assert.SkipUnless(SlowFileSystem.IsSupported, "no /dev/fuse");
        using var fileSystem = new SlowFileSystem();
        using var vmm = await StartVmmAsync();
        var descriptors = new DescriptorSet(
            Mounts.CloneTree(Directory.CreateDirectory(_directory.File("rootfs")).FullName, recursive: true),
            ImmutableDictionary<int, SafeFileHandle>.Empty.Add(0, fileSystem.Tree),
            null);
        var storage = Sys.ActorOf(StorageActor.Props(_directory.Path));
        var requester = CreateTestProbe();
        var identity = ProcessIdentity.TryRead(vmm.Pid)!.Value;

        storage.Tell(new Attach("c", "c", identity, descriptors, RootReadOnly: false, [], [new BindPlan(0, false)]), requester);
        var question = await fileSystem.HangAsync();
        ((TestScheduler)Sys.Scheduler).Advance(StorageActor.Deadline);

        Assert.Equal(
            "attaching mounts[0] of container \"c\" did not end within 20 s", (await requester.ExpectMsgAsync<StorageFailed>()).Failure.Message);
        Assert.Equal([$"{Share}/c/rootfs"], Mounted(vmm));
        Assert.False(fileSystem.Tree.IsClosed);
        fileSystem.LetGo(question);
        await Eventually.HoldsAsync(() => fileSystem.Tree.IsClosed);
        Assert.Empty(Mounted(vmm));
    }

    private async Task<ChildScript> StartVmmAsync()
    {
        Directory.CreateDirectory(Share);
        var vmm = ChildScript.Start($"exec unshare --mount --propagation private sh -c 'mount -t tmpfs share {Share} && echo ready && exec sleep 1000'");
        Assert.Equal("ready", await vmm.ReadLineAsync());
        return vmm;
    }

    private string[] Mounted(ChildScript vmm) => [.. File.ReadAllLines($"/proc/{vmm.Pid}/mountinfo")
        .Select(line => line.Split(' ')[4]).Where(point => point.StartsWith(Share + "/", StringComparison.Ordinal))];
}

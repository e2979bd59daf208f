using System.Collections.Immutable;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The closing of the descriptors of a failed creation.</summary>
public sealed class DescriptorOwnershipSpecs : SandboxTest
{
    [Fact]
    public async Task Should_leave_the_descriptors_to_the_attach_once_it_was_told()
    {
        var second = Key with { Id = "second" };
        using var rootfs = File.OpenHandle("/dev/null");
        await CreateAsync();
        SendCreate(second, Specs.Joining(Key.Id, -1, 100_000), With(rootfs));
        var attach = await Storage.ExpectMsgAsync<StorageProtocol.Attach>();

        Manager.Tell(new SandboxCommands.DeleteContainer(second, Force: true), Caller);
        await UndoAsync(second.Id);
        await Caller.ExpectMsgAsync<Failure>();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();

        Assert.Same(rootfs, attach.Descriptors.Rootfs);
        Assert.False(rootfs.IsClosed);
    }

    [Fact]
    public async Task Should_close_the_descriptors_of_a_creation_that_has_failed_before_its_requester_hears_of_it()
    {
        using var rootfs = File.OpenHandle("/dev/null");
        SendCreate(Key, null, With(rootfs));
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();

        Factory.Reply(new Failure(FailureCode.Unavailable, "no VM"));

        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<Failure>();
        Assert.True(rootfs.IsClosed);
    }

    private static DescriptorSet With(SafeFileHandle rootfs) => new(rootfs, ImmutableDictionary<int, SafeFileHandle>.Empty, null);
}

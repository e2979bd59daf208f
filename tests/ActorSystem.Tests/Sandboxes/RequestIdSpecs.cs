using Akka.Actor;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A caller's look-up of its own request after the death of its daemon.</summary>
public sealed class RequestIdSpecs : SandboxTest
{
    [Fact]
    public async Task Should_tell_the_request_from_its_beginning_on()
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();

        var state = await StateAsync();

        Assert.Equal((ContainerStatus.Creating, RequestId), (state.Status, state.RequestId));
    }

    [Fact]
    public async Task Should_tell_the_request_of_a_container_that_an_earlier_daemon_has_created()
    {
        await CreateAsync();
        await RestartAsync();
        await AdoptAsync();

        var state = await StateAsync();

        Assert.Equal((ContainerStatus.Created, RequestId), (state.Status, state.RequestId));
    }

    [Fact]
    public async Task Should_tell_the_request_of_a_creation_until_it_is_undone_and_then_that_there_is_none()
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        await RestartAsync();
        await Cgroup.FishForMessageAsync<Cgroups.CgroupProtocol.Destroy>(_ => true);

        var state = await StateAsync();
        Cgroup.Reply(new Cgroups.CgroupProtocol.Destroyed());
        await Storage.FishForMessageAsync<StorageProtocol.Release>(_ => true);
        Storage.Reply(new StorageProtocol.Released());

        Assert.Equal((ContainerStatus.Creating, RequestId), (state.Status, state.RequestId));
        await AwaitConditionAsync(
            async () => await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span) is Failure { Code: FailureCode.NotFound }, Deadline.Span);
    }

    private async Task RestartAsync()
    {
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
    }
}

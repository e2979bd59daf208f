using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

public sealed class SandboxActorSpecs : SandboxTest
{
    [Fact]
    public async Task Should_create_and_answer_from_memory()
    {
        await CreateAsync();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
        var list = await Manager.Ask<SandboxQueries.SandboxList>(new SandboxQueries.ListSandboxes(), Deadline.Span);
        Assert.Equal((SandboxStatus.Ready, Vmm.Pid), (list.Sandboxes[0].Status, list.Sandboxes[0].VmmPid));
    }

    [Fact]
    public async Task Should_refuse_an_id_in_use()
    {
        await CreateAsync();
        SendCreate(Key);
        Assert.Equal(FailureCode.AlreadyExists, (await Caller.ExpectMsgAsync<Failure>()).Code);
    }

    [Fact]
    public async Task Should_undo_and_free_the_id_when_the_launch_fails()
    {
        SendCreate(Key);
        await LaunchAsync();
        var launch = new HypervisorProtocol.Launch(VmConfigFor(new FactoryProtocol.RequestVm(new VmIdentity("s", Guid.NewGuid(), "/d"), 1, 256)), null);
        Hypervisor.Reply(new HypervisorFailure(launch, HypervisorFailureKind.InvalidArgument, "no qemu"));
        await RemoveAsync();
        var failure = await Caller.ExpectMsgAsync<Failure>();
        Assert.Equal((FailureCode.InvalidArgument, "cannot create container \"s\": no qemu"), (failure.Code, failure.Message));
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
    }

    [Fact]
    public async Task Should_end_all_containers_with_137_when_the_vmm_dies()
    {
        await CreateAsync();
        var waiting = Manager.Ask<SandboxQueries.ContainerExit>(new SandboxQueries.WaitContainer(Key, DateTimeOffset.UtcNow + Deadline.Span), Deadline.Span);
        await StateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("QEMU was killed by signal 9"));
        Assert.Equal(new SandboxQueries.ContainerExit(137, "QEMU was killed by signal 9"), await waiting);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_let_a_fresh_actor_adopt_when_the_hypervisors_fails()
    {
        await CreateAsync();
        Sys.ActorSelection(Manager.Path / "s" / "hypervisor").Tell(Kill.Instance);
        var adopt = await ExpectAdoptionAsync();
        Assert.Equal(Vmm, adopt.Vmm);
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_answer_a_start_with_the_guests_own_words_when_it_fails()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        var invoke = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        Agent.Reply(new AgentProtocol.InvokeFailed(invoke.Token, new Failure(FailureCode.NotFound, "exec: \"x\": not found")));
        await Caller.ExpectNoMsgAsync(TimeSpan.Zero);
        StandIn.Pidfd.Signal(9);
        Assert.Equal("cannot start container \"s\": exec: \"x\": not found", (await Caller.ExpectMsgAsync<Failure>()).Message);
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_say_what_is_left_when_a_removal_fails_and_try_again()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        StandIn.Pidfd.Signal(9);
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupFailure(new CgroupProtocol.Destroy(), CgroupFailureKind.Internal, "the directory is busy"));
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        Assert.Contains("the directory is busy", (await Caller.ExpectMsgAsync<Failure>()).Message, StringComparison.Ordinal);

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span));
    }

    private async Task<HypervisorProtocol.Adopt> ExpectAdoptionAsync() => await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>();

    private async Task RemoveAsync()
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        await RemoveGroupsAndDirectoryAsync();
    }
}

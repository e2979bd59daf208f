using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>A sandbox takes its VM from the pool, keeps it, or gives it back.</summary>
public sealed class PooledVmSpecs : SandboxTest
{
    private IActorRef _poolGroup = ActorRefs.Nobody;

    [Fact]
    public async Task Should_take_over_a_vm_of_the_pool_by_its_own_uuid()
    {
        await TakeFromPoolAsync();

        // After a restart the VM is searched for by that uuid too.
        Agent.Reply(new AgentProtocol.Connected());
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
    }

    // A removal moves the threads that it finds in a group: by then none of the sandbox's may be there.
    [Fact]
    public async Task Should_remove_the_group_of_a_vm_of_the_pool_when_all_threads_are_in_its_own()
    {
        await OwnFromPoolAsync();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((Vmm, 0), (apply.Vmm, apply.VcpuTids.Length));
        var sandbox = Cgroup.Sender;
        await SettleAsync();
        Assert.Null((await Sys.ActorSelection(sandbox.Path / "pool-group").Ask<ActorIdentity>(new Identify(null), Deadline.Span)).Subject);

        sandbox.Tell(new CgroupProtocol.Applied(["/cg"], null, []), Cgroup);

        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.Equal("pool-group", Cgroup.Sender.Path.Name);
    }

    [Fact]
    public async Task Should_ask_a_vm_of_the_pool_for_nothing_while_it_has_the_pools_weight()
    {
        await OwnFromPoolAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        await ExpectNothingMoreAsync(Hypervisor);

        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));

        await AdoptAndResumeAsync();
    }

    [Fact]
    public async Task Should_let_a_vm_of_the_pool_run_on_though_it_cannot_be_placed()
    {
        await OwnFromPoolAsync();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

        Cgroup.Reply(new CgroupFailure(apply, new(FailureCode.NotFound, "no room")));

        await AdoptAndResumeAsync();
    }

    [Fact]
    public async Task Should_end_no_removal_before_the_group_of_a_vm_of_the_pool_is_gone()
    {
        await TakeFromPoolAsync();
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        var second = _poolGroup;
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        Cgroup.Reply(new CgroupProtocol.Destroyed()); // As after the VM's death, which asks for it too.
        await ExpectNothingMoreAsync(Storage);
        second.Tell(new CgroupProtocol.Destroyed(), Cgroup);
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        await Caller.FishForMessageAsync<SandboxCommands.Deleted>(_ => true);
    }

    // The directory is the record of its group: only the factory knows when it may go.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Should_give_back_a_vm_of_the_pool_whose_directory_it_cannot_take_over(bool isDeleted)
    {
        using var directory = new TemporaryDirectory();
        var uuid = await GrantFromPoolAsync(directory.Path);
        if (isDeleted)
        {
            Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        }
        else
        {
            Storage.Reply(new StorageProtocol.StorageFailed("", new Failure(FailureCode.Internal, "no room")));
        }

        Assert.Equal(uuid, (await Factory.FishForMessageAsync<FactoryProtocol.EndVm>(_ => true)).Vm);
        Assert.True(Directory.Exists(directory.Path));
    }

    [Fact]
    public async Task Should_give_back_a_vm_of_the_pool_that_comes_when_its_creation_is_over()
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        var request = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        var sandbox = Factory.Sender;
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Factory.ExpectMsgAsync<FactoryProtocol.BootEnded>();

        var uuid = Guid.NewGuid();
        sandbox.Tell(new FactoryProtocol.VmGranted(VmSources.Pool, VmConfigFor(request.Identity) with { Uuid = uuid }, new RunningVm(Vmm, "/run/factory/x")), Factory);

        Assert.Equal(uuid, (await Factory.FishForMessageAsync<FactoryProtocol.EndVm>(_ => true)).Vm);
    }

    [Fact]
    public async Task Should_leave_a_qemu_that_cannot_be_ended_in_its_groups()
    {
        await TakeFromPoolAsync();
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Stop>(_ => true);

        Hypervisor.Reply(new HypervisorFailure(new HypervisorProtocol.Stop(), new(FailureCode.DeadlineExceeded, "QEMU does not end")));

        await Caller.FishForMessageAsync<Failure>(failure => failure.Message.Contains("QEMU does not end", StringComparison.Ordinal));
        await ExpectNothingMoreAsync(Cgroup);
    }

    private async Task TakeFromPoolAsync()
    {
        var uuid = await OwnFromPoolAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        _poolGroup = Cgroup.Sender;
        Assert.Equal(uuid, (await AdoptAndResumeAsync()).Config.Uuid);
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
    }

    private async Task<HypervisorProtocol.Adopt> AdoptAndResumeAsync()
    {
        var adopt = await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>();
        Assert.Equal(Vmm, adopt.Vmm);
        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "paused"));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Resume>();
        return adopt;
    }

    private async Task<Guid> OwnFromPoolAsync()
    {
        var uuid = await GrantFromPoolAsync("/run/factory/x");
        await ExpectNothingMoreAsync(Factory);
        Storage.Reply(new StorageProtocol.TakenOver());
        Assert.Equal(uuid, (await Factory.ExpectMsgAsync<FactoryProtocol.VmTaken>()).Vm);
        return uuid;
    }

    private async Task<Guid> GrantFromPoolAsync(string directory)
    {
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
        Storage.Reply(new StorageProtocol.Prepared());
        var request = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        var uuid = Guid.NewGuid();
        Factory.Reply(new FactoryProtocol.VmGranted(VmSources.Pool, VmConfigFor(request.Identity) with { Uuid = uuid }, new RunningVm(Vmm, directory)));
        Assert.Equal(directory, (await Storage.ExpectMsgAsync<StorageProtocol.TakeOver>()).From);
        return uuid;
    }
}

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
    private IActorRef _poolGroup = ActorRefs.Nobody;

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
        var launch = new HypervisorProtocol.Launch(VmConfigFor(new VmIdentity("s", Guid.NewGuid(), "/d")), null);
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
    public async Task Should_answer_a_start_as_soon_as_the_agent_that_was_asked_is_lost()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();

        Sys.ActorSelection(Manager.Path / "s" / "agent").Tell(Kill.Instance);

        Assert.Equal("cannot start container \"s\": the agent's actor failed meanwhile", (await Caller.ExpectMsgAsync<Failure>()).Message);
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_leave_a_qemu_that_cannot_be_ended_in_its_groups()
    {
        await TakeFromPoolAsync();
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Stop>(_ => true);

        Hypervisor.Reply(new HypervisorFailure(new HypervisorProtocol.Stop(), HypervisorFailureKind.DeadlineExceeded, "QEMU does not end"));

        await Caller.FishForMessageAsync<Failure>(failure => failure.Message.Contains("QEMU does not end", StringComparison.Ordinal));
        await Cgroup.ExpectNoMsgAsync(TimeSpan.Zero);
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
        Assert.Contains("the directory is busy", (await Caller.ExpectMsgAsync<Failure>()).Message, StringComparison.Ordinal);
        await Storage.ExpectNoMsgAsync(TimeSpan.Zero); // The note in the run directory names what is left.

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span));
    }

    [Fact]
    public async Task Should_keep_the_run_directory_with_its_note_until_the_groups_are_gone()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        StandIn.Pidfd.Signal(9);
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        var sandbox = Cgroup.Sender;
        await Storage.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        sandbox.Tell(new CgroupProtocol.Destroyed(), Cgroup);

        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.StorageFailed("", new Failure(FailureCode.Internal, "it is busy")));
        Assert.Contains("it is busy", (await Caller.ExpectMsgAsync<Failure>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Should_boot_cold_when_the_clone_cannot_be_restored()
    {
        var request = await LaunchCloneAsync();
        Hypervisor.Reply(new HypervisorProtocol.RestoreFailed("state is damaged"));

        await FallBackAsync(request, "template: it could not be restored: state is damaged");
    }

    [Fact]
    public async Task Should_boot_cold_when_the_clone_dies_before_its_agent_answers()
    {
        var request = await LaunchCloneAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("qemu exited with code 1"));

        await FallBackAsync(request, "template: qemu exited with code 1");
    }

    [Fact]
    public async Task Should_boot_cold_when_the_clones_agent_is_silent()
    {
        var request = await LaunchCloneAsync();
        Agent.Reply(new AgentProtocol.ConnectFailed(new Failure(FailureCode.DeadlineExceeded, "no answer")));

        await FallBackAsync(request, "template: its agent did not answer: no answer");
    }

    [Fact]
    public async Task Should_keep_back_what_the_container_brings_until_the_clone_has_answered()
    {
        await LaunchCloneAsync();
        await Storage.ExpectNoMsgAsync(TimeSpan.Zero);

        Agent.Reply(new AgentProtocol.Connected());

        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await Factory.ExpectMsgAsync<FactoryProtocol.BootEnded>();
        var identity = Assert.IsType<CreateSandboxRequest>((await Agent.ExpectMsgAsync<AgentProtocol.Invoke>()).Request).Identity;
        Assert.Equal((512, 32, "s"), (identity.Entropy.Length, identity.MachineId.Length, identity.HostName));
    }

    [Fact]
    public async Task Should_take_over_a_vm_of_the_pool_by_its_own_uuid()
    {
        await TakeFromPoolAsync();

        // What a restart finds is looked for by that uuid too.
        Agent.Reply(new AgentProtocol.Connected());
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
    }

    // A removal moves what it finds in a group: it must find nothing of what is in the sandbox's own by then.
    [Fact]
    public async Task Should_remove_the_group_of_a_vm_of_the_pool_when_all_threads_are_in_its_own()
    {
        await OwnFromPoolAsync();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Assert.Equal((Vmm, 0), (apply.Vmm, apply.VcpuTids.Length));
        var sandbox = Cgroup.Sender;
        await Cgroup.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        sandbox.Tell(new CgroupProtocol.Applied(["/cg"], null, []), Cgroup);

        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Assert.Equal("pool-group", Cgroup.Sender.Path.Name);
    }

    [Fact]
    public async Task Should_ask_a_vm_of_the_pool_for_nothing_while_it_has_the_pools_weight()
    {
        await OwnFromPoolAsync();
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        await Hypervisor.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));

        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, []));

        await AdoptAndResumeAsync();
    }

    [Fact]
    public async Task Should_let_a_vm_of_the_pool_run_on_though_it_cannot_be_placed()
    {
        await OwnFromPoolAsync();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

        Cgroup.Reply(new CgroupFailure(apply, CgroupFailureKind.NotFound, "no room"));

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
        await Storage.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        second.Tell(new CgroupProtocol.Destroyed(), Cgroup);
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        await Caller.FishForMessageAsync<SandboxCommands.Deleted>(_ => true);
    }

    // Its directory is the record of its group: only the factory knows when that may go.
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
        await Factory.ExpectNoMsgAsync(TimeSpan.Zero);
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

    private async Task FallBackAsync(FactoryProtocol.RequestVm first, string reason)
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        var again = await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>();
        Assert.Equal((first.Identity, reason), (again.Identity, again.CloneFailure));
        Factory.Reply(new FactoryProtocol.VmGranted(VmSources.Cold, VmConfigFor(again.Identity)));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
    }

    private async Task<HypervisorProtocol.Adopt> ExpectAdoptionAsync() => await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>();

    private async Task RemoveAsync()
    {
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        await RemoveGroupsAndDirectoryAsync();
    }
}

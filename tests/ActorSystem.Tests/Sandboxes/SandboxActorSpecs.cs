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
        var launch = new HypervisorProtocol.Launch(VmConfigFor(new VmIdentity("s", Guid.NewGuid(), "/d")), null);
        Hypervisor.Reply(new HypervisorFailure(launch, new(FailureCode.InvalidArgument, "no qemu")));
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
        var waiting = Manager.Ask<ContainerExit>(new SandboxQueries.WaitContainer(Key, Deadline.Span), Deadline.Span);
        await SettleAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("QEMU was killed by signal 9"));
        Assert.Equal(new ContainerExit(137, "QEMU was killed by signal 9"), await waiting);
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
        await Agent.Sender.Ask<ActorIdentity>(new Identify(null), Deadline.Span); // The container's actor has passed it on.
        await ExpectNothingMoreAsync(Caller);
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

        Assert.Equal("cannot start container \"s\": the agent actor failed meanwhile", (await Caller.ExpectMsgAsync<Failure>()).Message);
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);
    }

    [Fact]
    public async Task Should_say_what_is_left_when_a_removal_fails_and_try_again()
    {
        await DeleteAfterTheVmsDeathAsync();
        Cgroup.Reply(new CgroupFailure(new CgroupProtocol.Destroy(), new(FailureCode.Internal, "the directory is busy")));
        Assert.Contains("the directory is busy", (await Caller.ExpectMsgAsync<Failure>()).Message, StringComparison.Ordinal);
        await ExpectNothingMoreAsync(Storage); // The note in the run directory names what is left.

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await RemoveGroupsAndDirectoryAsync();
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
        Assert.IsType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), Deadline.Span));
    }

    [Fact]
    public async Task Should_keep_the_run_directory_with_its_note_until_the_groups_are_gone()
    {
        await DeleteAfterTheVmsDeathAsync();
        var sandbox = Cgroup.Sender;
        await ExpectNothingMoreAsync(Storage);

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
    public async Task Should_boot_cold_when_the_clones_agent_cannot_be_reached()
    {
        var request = await LaunchCloneAsync();
        Agent.Reply(new AgentProtocol.Unreachable("20 connections"));

        await FallBackAsync(request, "template: its agent cannot be reached: 20 connections");
    }

    [Fact]
    public async Task Should_end_the_vm_and_say_why_when_its_agent_cannot_be_reached()
    {
        await CreateAsync();

        (await SandboxAsync()).Tell(new AgentProtocol.Unreachable("20 connections in a row came to nothing"), Agent);

        await Hypervisor.FishForMessageAsync<HypervisorProtocol.Stop>(_ => true);
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        await Cgroup.FishForMessageAsync<CgroupProtocol.Destroy>(_ => true);
        var state = await StateAsync();
        Assert.Equal((ContainerStatus.Stopped, 137), (state.Status, state.ExitCode));
        Assert.Equal("its agent cannot be reached: 20 connections in a row came to nothing", state.Reason);
    }

    [Fact]
    public async Task Should_keep_back_what_the_container_brings_until_the_clone_has_answered()
    {
        await LaunchCloneAsync();
        await ExpectNothingMoreAsync(Storage);

        Agent.Reply(new AgentProtocol.Connected());

        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await Factory.ExpectMsgAsync<FactoryProtocol.BootEnded>();
        var identity = Assert.IsType<CreateSandboxRequest>((await Agent.ExpectMsgAsync<AgentProtocol.Invoke>()).Request).Identity;
        Assert.Equal((512, 32, "s"), (identity.Entropy.Length, identity.MachineId.Length, identity.HostName));
    }

    [Fact]
    public async Task Should_signal_all_that_is_left_when_the_first_process_has_ended()
    {
        await CreateAsync();
        Waiting!.Value.Container.Tell(new AgentProtocol.Invoked(Waiting.Value.Call.Token, new WaitProcessResponse { Status = 137 }), Agent);
        await AwaitAssertAsync(async () => Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status));

        Manager.Tell(new SandboxCommands.KillContainer(Key, 9, All: false), Caller);
        Assert.Equal("cannot signal container \"s\": container not running", (await Caller.ExpectMsgAsync<Failure>()).Message);
        Manager.Tell(new SandboxCommands.KillContainer(Key, 9, All: true), Caller);
        var invoke = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is SignalProcessRequest { ExecId: "", Signal: 9 });
        Agent.Reply(new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()));
        await Caller.ExpectMsgAsync<SandboxCommands.Signalled>();
    }

    [Fact]
    public async Task Should_find_nothing_to_signal_when_the_vm_has_ended()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await AwaitAssertAsync(async () => Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status));

        Manager.Tell(new SandboxCommands.KillContainer(Key, 0, All: true), Caller);
        await Caller.ExpectMsgAsync<SandboxCommands.Signalled>();
        Manager.Tell(new SandboxCommands.KillContainer(Key, 0, All: false), Caller);
        Assert.Equal("cannot signal container \"s\": container not running", (await Caller.ExpectMsgAsync<Failure>()).Message);
    }

    // Up to the removal of the groups.
    private async Task DeleteAfterTheVmsDeathAsync()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        StandIn.Pidfd.Signal(9);
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
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

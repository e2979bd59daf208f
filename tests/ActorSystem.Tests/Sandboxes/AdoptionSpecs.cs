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

/// <summary>A running VM without its actor, and an agent that is unreachable for a while.</summary>
public sealed class AdoptionSpecs : SandboxTest
{
    private TimeSpan _reconcile = Deadline.Span;

    private protected override TimeSpan Reconcile => _reconcile;

    [Fact]
    public async Task Should_adopt_with_the_accelerator_that_the_vm_was_started_with()
    {
        await CreateAsync();
        await RestartAsync();

        // The host, or the configuration, has changed since.
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity) with { Accelerator = Accelerator.Kvm }));

        Assert.Equal(Accelerator.Tcg, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>()).Config.Accelerator);
    }

    [Fact]
    public async Task Should_connect_the_agent_of_a_vm_whose_adoption_comes_when_the_time_to_reconcile_is_over()
    {
        await CreateAsync();
        _reconcile = TimeSpan.FromSeconds(3);
        await RestartAsync();
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity)));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>();
        // The reconciliation has missed its deadline: a round of limits follows, which queries the threads.
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);

        (await SandboxAsync()).Tell(new HypervisorProtocol.Adopted(Vmm, "running"), Hypervisor);

        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
        Agent.Reply(new AgentProtocol.Connected());
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await AnswerAgentAsync<StartContainerRequest>();
    }

    // The guest has carried it out, and its answer was lost with the actor.
    [Fact]
    public async Task Should_learn_from_the_guest_whether_an_interrupted_start_has_happened()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is StartContainerRequest { IfBegun: false });
        await RestartAsync();
        await AdoptAsync();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);

        var question = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is StartContainerRequest { IfBegun: true });
        Agent.Reply(new AgentProtocol.Invoked(question.Token, new Google.Protobuf.WellKnownTypes.Empty()));

        await Eventually.HoldsAsync(async () => (await StateAsync()).Status == ContainerStatus.Running);
    }

    [Fact]
    public async Task Should_adopt_a_vm_that_the_factory_describes_when_the_time_to_reconcile_is_over()
    {
        var request = await GiveUpReconcilingAsync();

        Factory.Reply(new FactoryProtocol.VmDescribed(VmConfigFor(request.Identity)));

        Assert.Equal(Vmm, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Adopt>()).Vmm);
        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "running"));
        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
    }

    [Fact]
    public async Task Should_end_a_vm_that_the_factory_cannot_describe_when_the_time_to_reconcile_is_over()
    {
        await GiveUpReconcilingAsync();

        Factory.Reply(new Failure(FailureCode.Internal, "no kernel"));

        await Cgroup.FishForMessageAsync<CgroupProtocol.Destroy>(_ => true);
        Assert.Equal(ContainerStatus.Stopped, (await StateAsync()).Status);
    }

    // The hypervisor actor has no VM, and would report it as stopped.
    [Fact]
    public async Task Should_end_a_vm_by_its_uuid_that_the_factory_has_not_described_before_it_is_deleted()
    {
        await GiveUpReconcilingAsync();
        var wait = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        Agent.Reply(new AgentProtocol.Invoked(wait.Token, new WaitProcessResponse { Status = 0 }));
        StandIn.Pidfd.Signal(9);

        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);

        await Cgroup.FishForMessageAsync<CgroupProtocol.Destroy>(_ => true);
        await ExpectNothingMoreAsync(Hypervisor);
    }

    [Fact]
    public async Task Should_unplug_no_vcpu_that_no_agent_has_let_go_of()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7, 8]));
        Sys.ActorSelection(Manager.Path / "s" / "agent").Tell(Kill.Instance);
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();

        // A failed creation applies the limits again.
        SendCreate(new ContainerKey("/r", "second"), Specs.Joining(Key.Id, -1, 100_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.StorageFailed("second", new Failure(FailureCode.Internal, "no room")));

        var apply = await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(_ => true);
        Assert.Equal([5, 6, 7, 8], apply.VcpuTids);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [5, 6, 7, 8]));
        await ExpectNothingMoreAsync(Hypervisor);
    }

    // The factory has not answered yet.
    private async Task<FactoryProtocol.DescribeVm> GiveUpReconcilingAsync()
    {
        await CreateAsync();
        _reconcile = TimeSpan.FromMilliseconds(100);
        await RestartAsync();
        var request = await Factory.FishForMessageAsync<FactoryProtocol.DescribeVm>(_ => true);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        return request;
    }

    private async Task RestartAsync()
    {
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
    }
}

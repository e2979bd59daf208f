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

/// <summary>A VM that was there before its actor, and an agent that is not there for a while.</summary>
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
        // It has given up waiting: it goes on with a round of limits, which asks for the threads.
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Assert.Equal(ContainerStatus.Created, (await StateAsync()).Status);

        Hypervisor.Reply(new HypervisorProtocol.Adopted(Vmm, "running"));

        await Agent.FishForMessageAsync<AgentProtocol.Connect>(_ => true);
        Agent.Reply(new AgentProtocol.Connected());
        Manager.Tell(new SandboxCommands.StartContainer(Key), Caller);
        await AnswerAgentAsync<StartContainerRequest>();
    }

    [Fact]
    public async Task Should_unplug_no_vcpu_that_no_agent_has_let_go_of()
    {
        await CreateAsync();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7, 8]));
        Sys.ActorSelection(Manager.Path / "s" / "agent").Tell(Kill.Instance);
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();

        // A creation that fails sees to the limits again.
        SendCreate(new ContainerKey("/r", "second"), Specs.Joining(Key.Id, -1, 100_000));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.StorageFailed("second", new Failure(FailureCode.Internal, "no room")));

        var apply = await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(_ => true);
        Assert.Equal([5, 6, 7, 8], apply.VcpuTids);
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], null, [5, 6, 7, 8]));
        await ExpectNothingMoreAsync(Hypervisor);
    }

    private async Task RestartAsync()
    {
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
    }
}

using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>The last messages of a failed clone are not taken for those of its successor.</summary>
public sealed class FallbackSpecs : SandboxTest
{
    [Fact]
    public async Task Should_not_take_a_dead_clones_agent_for_that_of_the_cold_boot()
    {
        LastWords = (null, new AgentProtocol.Connected());
        await FallBackAsync();
        await BootColdAsync();

        // The agent of the booting VM has not answered yet: it gets no request.
        await ExpectNothingMoreAsync(Factory);
        await ExpectNothingMoreAsync(Agent);
        Agent.Reply(new AgentProtocol.Connected());
        await Factory.ExpectMsgAsync<FactoryProtocol.BootEnded>();
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
    }

    [Theory]
    [InlineData("failure")]
    [InlineData("death")]
    [InlineData("threads")]
    public async Task Should_not_take_a_dead_clones_failure_for_that_of_the_cold_boot(string lastWords)
    {
        LastWords = (lastWords switch
        {
            "failure" => new HypervisorFailure(new HypervisorProtocol.QueryVcpus(), new(FailureCode.Unavailable, "monitor: the connection ended")),
            "death" => new HypervisorProtocol.VmmDied("QEMU was killed by signal 9"),
            _ => new HypervisorProtocol.VcpuThreads([1, 2, 3]),
        }, null);
        await FallBackAsync();
        LastWords = default;
        await BootColdAsync();

        await ExpectNothingMoreAsync(Caller);
        Agent.Reply(new AgentProtocol.Connected());
        await Factory.ExpectMsgAsync<FactoryProtocol.BootEnded>();
        Assert.IsNotType<Failure>(await Manager.Ask<object>(new SandboxQueries.GetContainer(Key), TestSupport.Deadline.Span));
        await AnswerAgentAsync<CreateSandboxRequest>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        Assert.Equal([5, 6], (await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>()).VcpuTids);
    }

    [Fact]
    public async Task Should_end_what_is_left_when_the_creation_is_deleted_while_it_falls_back()
    {
        await LaunchCloneAsync();
        Hypervisor.Reply(new HypervisorProtocol.RestoreFailed("state is damaged"));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Manager.Tell(new SandboxCommands.DeleteContainer(Key, Force: true), Caller);

        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());

        await RemoveGroupsAndDirectoryAsync();
        Assert.Equal(FailureCode.Cancelled, (await Caller.ExpectMsgAsync<Failure>()).Code);
        await Caller.ExpectMsgAsync<SandboxCommands.Deleted>();
    }

    private async Task FallBackAsync()
    {
        await LaunchCloneAsync();
        Hypervisor.Reply(new HypervisorProtocol.RestoreFailed("state is damaged"));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        Assert.NotNull((await Factory.ExpectMsgAsync<FactoryProtocol.RequestVm>()).CloneFailure);
    }

    private async Task BootColdAsync()
    {
        var identity = new VmIdentity("s", Guid.NewGuid(), "/run/s");
        Factory.Reply(new FactoryProtocol.VmGranted(VmSources.Cold, VmConfigFor(identity)));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Launch>();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
    }
}

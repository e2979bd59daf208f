using System.Text.Json.Nodes;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>What was wrong with host cgroups in the first version of Kata that had them, as far as it concerns the sandbox as a whole.</summary>
public sealed class SeedDefectSpecs : SandboxTest
{
    [Fact]
    public async Task Should_undo_the_whole_sandbox_when_its_cgroups_fail_defect_1()
    {
        SendCreate(Key);
        await LaunchAsync();
        Hypervisor.Reply(new HypervisorProtocol.Launched(Vmm));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached(Key.Id));
        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        Agent.Reply(new AgentProtocol.Connected("6.1"));
        await AnswerAgentAsync<CreateSandboxRequest>();
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

        Cgroup.Reply(new CgroupFailure(apply, CgroupFailureKind.Internal, "no space left on device"));

        await AnswerFarewellAsync();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.Stop>();
        Hypervisor.Reply(new HypervisorProtocol.Stopped());
        await Cgroup.ExpectMsgAsync<CgroupProtocol.Destroy>();
        Cgroup.Reply(new CgroupProtocol.Destroyed());
        await Storage.ExpectMsgAsync<StorageProtocol.Release>();
        Storage.Reply(new StorageProtocol.Released());
        Assert.Equal("cannot create container \"s\": no space left on device", (await Caller.ExpectMsgAsync<Failure>()).Message);
        SendCreate(Key);
        await Storage.ExpectMsgAsync<StorageProtocol.Prepare>();
    }

    [Fact]
    public async Task Should_keep_no_share_of_a_container_that_was_deleted_defect_3()
    {
        await CreateAsync();
        await AddAsync("c1", """{"cpu": {"quota": 5000, "period": 10000}, "pids": {"limit": 10}}""");

        Manager.Tell(new SandboxCommands.DeleteContainer(new ContainerKey(Key.Root, "c1"), Force: true), Caller);

        var applies = new List<CgroupProtocol.Apply> { await NextApplyAsync() };
        Assert.Null(applies[^1].Limit);
        Assert.Equal(ResourceLimits.None.Threads, applies[^1].Resources.Threads);
    }

    private async Task<CgroupProtocol.Apply> NextApplyAsync() => await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();

    private Task AddAsync(string id, string resources) => Task.CompletedTask;

    private async Task AnswerFarewellAsync()
    {
        AgentProtocol.Invoke invoke;
        do
        {
            invoke = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        }
        while (invoke.Request is not DestroySandboxRequest);

        Agent.Reply(new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()));
    }
}

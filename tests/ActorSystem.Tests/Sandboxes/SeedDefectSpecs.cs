using System.Text.Json.Nodes;
using Akka.Actor;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Linux;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

/// <summary>Defects of the first version of Kata with host cgroups, as far as they concern the sandbox as a whole.</summary>
public sealed class SeedDefectSpecs : SandboxTest
{
    private protected override uint MaxVcpus => 2;

    [Fact]
    public async Task Should_undo_the_whole_sandbox_when_its_cgroups_fail_defect_1()
    {
        var apply = await CreateUntilCgroupsAsync();

        Cgroup.Reply(new CgroupFailure(apply, new(FailureCode.Internal, "no space left on device")));

        await AnswerUntilAsync<DestroySandboxRequest>();
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
        await CreateAsync(json => json["linux"]!["resources"] = JsonNode.Parse("""{"cpu": {"quota": 5000, "period": 10000}, "pids": {"limit": 10}}"""));
        var key = new ContainerKey(Key.Root, "c1");
        SendCreate(key, json =>
        {
            json["linux"]!["resources"] = JsonNode.Parse("""{"cpu": {"quota": 10000, "period": 40000}, "pids": {"limit": 10}}""");
            json["annotations"] = JsonNode.Parse("""{"io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": "s"}""");
        });
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Storage.ExpectMsgAsync<StorageProtocol.Attach>();
        Storage.Reply(new StorageProtocol.Attached("c1"));
        var both = await ApplyAsync();
        Assert.Equal((new CpuLimit(7_500, 10_000), 276), (both.Limit, both.Resources.Threads));
        await AnswerAgentAsync<CreateContainerRequest>();
        await Caller.ExpectMsgAsync<SandboxCommands.Created>();
        var waiting = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>(invoke => invoke.Request is WaitProcessRequest);
        var container = Agent.Sender;

        Manager.Tell(new SandboxCommands.DeleteContainer(key, Force: true), Caller);

        await AnswerUntilAsync<SignalProcessRequest>();
        container.Tell(new AgentProtocol.Invoked(waiting.Token, new WaitProcessResponse { Status = 137 }), Agent);
        StandIn.Pidfd.Signal(Signals.SIGKILL);
        await AnswerUntilAsync<RemoveContainerRequest>();
        await Storage.ExpectMsgAsync<StorageProtocol.Detach>();
        Storage.Reply(new StorageProtocol.Detached("c1"));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        var one = await ApplyAsync();
        Assert.Equal((new CpuLimit(5_000, 10_000), 266), (one.Limit, one.Resources.Threads));
    }

    private async Task<CgroupProtocol.Apply> ApplyAsync()
    {
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupProtocol.Applied(["/cg"], apply.Limit, apply.VcpuTids));
        return apply;
    }

    private async Task AnswerUntilAsync<TRequest>()
    {
        AgentProtocol.Invoke invoke;
        do
        {
            invoke = await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
            if (invoke.Request is not WaitProcessRequest)
            {
                Agent.Reply(new AgentProtocol.Invoked(invoke.Token, new Google.Protobuf.WellKnownTypes.Empty()));
            }
        }
        while (invoke.Request is not TRequest);
    }
}

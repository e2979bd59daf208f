using Akka.Actor;
using Akka.TestKit;
using KataActors.Cgroups;
using KataActors.Hypervisor;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Factory;
using KataActors.Runtime.Sandboxes;
using KataActors.Runtime.Storage;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Sandboxes;

// The effects of an update in the guest and on the host, and its undo.
public sealed partial class LimitsSpecs
{
    [Fact]
    public async Task Should_change_guest_and_host_and_answer_then_when_limits_are_updated()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"quota": 20000}, "memory": {"limit": 33554432}}""");
        var update = await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.True(update.Whole);
        Assert.Equal((20_000, 100_000ul, 33_554_432), (update.Resources.CPU.Quota, update.Resources.CPU.Period, update.Resources.Memory.Limit));
        var apply = await RoundAsync([5, 6], 3, [5, 6, 7], null);
        Assert.Equal(new CpuLimit(20_000, 100_000), apply.Limit);
        await AnswerAgentAsync<OnlineCPUMemRequest>();
        await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);

        SendUpdate("""{"cpu": {"quota": -1}, "devices": [{"allow": false}]}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7]));
        Assert.Null((await ApplyAsync([5, 6, 7])).Limit);
        var offline = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is OnlineCPUMemRequest { OnlineCpus: 2 });
        Agent.Reply(new AgentProtocol.InvokeFailed(offline.Token, new Failure(FailureCode.Internal, "write: busy")));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 7], "the guest keeps it"));
        await ApplyAsync([5, 6, 7]);
        Assert.Equal(
            [
                "linux.resources.devices is not applied",
                "the sandbox holds its limits, but the guest did not go to 2 vCPUs: write: busy",
                "the sandbox holds its limits, but it has 3 vCPUs instead of 2: the guest keeps it",
            ],
            (await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
    }

    [Fact]
    public async Task Should_warn_and_change_the_rest_when_an_update_asks_for_limits_that_no_kernel_has()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"realtimePeriod": 100000}, "memory": {"kernel": 33554432, "kernelTCP": 33554432}, "blockIO": {"weight": 500}, "pids": {"limit": 9}}""");
        Assert.Equal(9, (await AnswerAgentAsync<UpdateContainerRequest>()).Resources.Pids.Limit);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await ApplyAsync([5, 6]);
        Assert.Equal(
            [
                "linux.resources.cpu.realtimePeriod is not applied", "linux.resources.memory.kernel is not applied",
                "linux.resources.memory.kernelTCP is not applied", "linux.resources.blockIO.weight is not applied",
            ],
            (await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
    }

    [Theory]
    [InlineData("""{"cpu": {"quota": 5}}""", "cannot update container \"s\": resources: linux.resources.cpu.quota 5 is out of range: 1000 to 819200000 µs is allowed")]
    [InlineData("""{"blockIO": {"throttleReadBpsDevice": [{"rate": 5}]}}""", "cannot update container \"s\": resources: linux.resources.blockIO.throttleReadBpsDevice names disks of the host, which a guest does not have")]
    public async Task Should_change_nothing_when_an_update_is_refused(string change, string message)
    {
        await CreateAsync();
        SendUpdate(change);
        Assert.Equal(message, (await Caller.ExpectMsgAsync<Failure>()).Message);
        await ExpectNothingMoreAsync(Agent);
    }

    [Fact]
    public async Task Should_refuse_an_update_of_what_is_not_there_or_has_ended()
    {
        await CreateAsync();
        Manager.Tell(new SandboxCommands.UpdateContainer(s_second, new()), Caller);
        Assert.Equal((FailureCode.NotFound, "container \"second\" does not exist"), Told(await Caller.ExpectMsgAsync<Failure>()));
        SendUpdate("{}");
        await Agent.ExpectMsgAsync<AgentProtocol.Invoke>();
        SendUpdate("{}");
        Assert.Equal((FailureCode.FailedPrecondition, "cannot update container \"s\": another update is under way"), Told(await Caller.ExpectMsgAsync<Failure>()));
        Hypervisor.Reply(new HypervisorProtocol.VmmDied("gone"));
        Assert.Equal((FailureCode.Unavailable, "cannot update container \"s\": gone"), Told(await Caller.ExpectMsgAsync<Failure>()));
        SendUpdate("{}");
        Assert.Equal((FailureCode.FailedPrecondition, "cannot update container \"s\": it is stopped"), Told(await Caller.ExpectMsgAsync<Failure>()));
    }

    [Fact]
    public async Task Should_restore_the_guest_and_the_host_when_the_host_refuses_an_update()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512, "quota": 200000}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6, 7, 8], null));
        var apply = await Cgroup.ExpectMsgAsync<CgroupProtocol.Apply>();
        Cgroup.Reply(new CgroupFailure(apply, new(FailureCode.FailedPrecondition, "a group above allows less")));
        var restore = await AnswerAgentAsync<UpdateContainerRequest>();
        Assert.True(restore.Whole);
        Assert.Null(restore.Resources.CPU);
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6, 7, 8]));
        Assert.Null((await ApplyAsync([5, 6, 7, 8])).Limit); // The guest was not told of the new ones yet.
        Assert.Equal(2, (await Hypervisor.ExpectMsgAsync<HypervisorProtocol.SetVcpus>()).Count);
        Hypervisor.Reply(new HypervisorProtocol.VcpusSet([5, 6], null));
        await ApplyAsync([5, 6]);
        Assert.Equal("cannot update container \"s\": a group above allows less", (await Caller.ExpectMsgAsync<Failure>()).Message);
    }

    [Fact]
    public async Task Should_undo_an_update_that_the_end_of_the_daemon_has_interrupted()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"quota": 50000}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        await Manager.GracefulStop(Deadline.Span);
        Assert.Equal("the actor of sandbox \"s\" has stopped", (await Caller.ExpectMsgAsync<Failure>()).Message);

        RestartManager();
        PlayOutside();
        await AdoptAsync();
        SendUpdate("""{"cpu": {"shares": 1024}}"""); // It waits until the other one is taken back.
        Assert.Null((await NextUpdateAsync()).Resources.CPU);
        Assert.Equal(new LinuxCPU { Shares = 1024 }, (await NextUpdateAsync()).Resources.CPU);
        await Caller.ExpectMsgAsync<SandboxCommands.Updated>();
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Limit is null);

        // The next actor has nothing to undo.
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        SendUpdate("""{"cpu": {"quota": 30000}}""");
        Assert.Equal(30_000, (await NextUpdateAsync()).Resources.CPU.Quota);
    }

    [Fact]
    public async Task Should_let_an_update_wait_until_one_that_could_not_be_undone_before_is_undone()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}}""");
        var lost = new Failure(FailureCode.Unavailable, "the channel was lost");
        await FailAgentAsync(lost);
        await FailAgentAsync(lost); // It cannot be undone either.
        var sandbox = await SandboxAsync();
        await QueryAndApplyAsync();
        Assert.Equal("cannot update container \"s\": the channel was lost", (await Caller.ExpectMsgAsync<Failure>()).Message);

        sandbox.Tell(new AgentProtocol.Connected(), Agent);
        var restore = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        Assert.Null(((UpdateContainerRequest)restore.Request).Resources.CPU);
        var restoring = Agent.Sender;
        await QueryAndApplyAsync();
        SendUpdate("""{"cpu": {"shares": 1024}}""");
        await ExpectNothingMoreAsync(Agent);

        restoring.Tell(new AgentProtocol.Invoked(restore.Token, new Google.Protobuf.WellKnownTypes.Empty()), Agent);

        Assert.Equal(new LinuxCPU { Shares = 1024 }, (await AnswerAgentAsync<UpdateContainerRequest>()).Resources.CPU);
        PlayOutside();
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Resources.CpuShares == 1024);

        // It is not undone later either.
        await Manager.GracefulStop(Deadline.Span);
        RestartManager();
        await AdoptAsync();
        await Cgroup.FishForMessageAsync<CgroupProtocol.Apply>(apply => apply.Resources.CpuShares == 1024);
    }

    [Fact]
    public async Task Should_undo_no_update_that_is_under_way_when_the_agent_comes_back()
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}}""");
        await AnswerAgentAsync<UpdateContainerRequest>();
        var sandbox = Agent.Sender;
        await Hypervisor.ExpectMsgAsync<HypervisorProtocol.QueryVcpus>();

        sandbox.Tell(new AgentProtocol.Connected(), Agent);
        Hypervisor.Reply(new HypervisorProtocol.VcpuThreads([5, 6]));

        Assert.Equal(512, (await ApplyAsync([5, 6])).Resources.CpuShares);
        Assert.Empty((await Caller.ExpectMsgAsync<SandboxCommands.Updated>()).Warnings);
        await ExpectNothingMoreAsync(Agent);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Should_answer_an_update_as_soon_as_the_agent_that_was_asked_is_lost(bool saysSo)
    {
        await CreateAsync();
        SendUpdate("""{"cpu": {"shares": 512}}""");
        var call = await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        if (saysSo)
        {
            Agent.Reply(new AgentProtocol.InvokeFailed(call.Token, new Failure(FailureCode.Cancelled, "UpdateContainer: cancelled")));
            await Agent.FishForMessageAsync<AgentProtocol.Invoke>(invoke => invoke.Request is UpdateContainerRequest);
        }

        Sys.ActorSelection(Manager.Path / "s" / "agent").Tell(Kill.Instance);

        await Agent.ExpectMsgAsync<AgentProtocol.Connect>();
        if (!saysSo)
        {
            // Otherwise the call after its last reply would be lost with it.
            await FailAgentAsync(new Failure(FailureCode.Unavailable, "the agent is not connected"));
        }

        await QueryAndApplyAsync();
        var failure = await Caller.ExpectMsgAsync<Failure>();
        Assert.Equal($"cannot update container \"s\": {(saysSo ? "UpdateContainer: cancelled" : "the agent's actor failed meanwhile")}", failure.Message);
    }
}
